// The sentences of the page. The server gives the page those of its language instead (see ui/shell/static.py).

import english from './en.json' with { type: 'json' };

export default english;
