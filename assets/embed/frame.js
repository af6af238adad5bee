// In a page of a partner site: tells that page how high the form is, and takes the keyboard to an answer.
(function () {
  "use strict";
  if (window.parent === window) {
    return;
  }
  var told = 0;

  function tell() {
    var height = Math.ceil(document.documentElement.getBoundingClientRect().height);
    if (height !== told) {
      told = height;
      // to whoever is around: the policy of this page says who may be, and a height tells of nobody
      window.parent.postMessage({ joinder: "height", height: height }, "*");
    }
  }

  if (window.ResizeObserver) {
    new ResizeObserver(tell).observe(document.documentElement);
  }
  window.addEventListener("load", tell);
  tell();

  // browsers do not heed `autofocus` in a page of another site; only answers to a form have it here
  var answer = document.querySelector("[autofocus]");
  if (answer) {
    answer.focus();
  }
})();
