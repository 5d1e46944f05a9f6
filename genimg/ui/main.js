// The page's own modules, all of them: the one that the page asks for.

import './edit/intake.js';
import './edit/shortcuts.js';
import './edit/tab.js';
import './shell/download.js';
import './shell/models.js';
import './shell/page.js';
import './shell/touch.js';
import './train/tab.js';
