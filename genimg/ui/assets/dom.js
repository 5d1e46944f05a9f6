// The one way in which the page's own scripts make elements.
(() => {
  const genimg = (window.genimg = window.genimg || {});

  /** An element with properties (those that it does not know become attributes), and what is in it. */
  genimg.make = (tag, properties = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(properties)) {
      if (key in element) element[key] = value; else element.setAttribute(key, value);
    }
    element.append(...children);
    return element;
  };
})();
