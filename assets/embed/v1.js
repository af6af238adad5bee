// joinder, v1: puts the sign-up form into a page, where the script element stands that loads this file.
// data-case, data-association, data-partner: as in the link; data-lang (it, en, de), else the language of the page.
// The link before the element is for browsers in which the form does not come up; it goes when the form is there.
(function () {
  "use strict";
  var WORDS = {
    it: ["Modulo di pre-adesione", "Apri il modulo di pre-adesione"],
    en: ["Sign-up form", "Open the sign-up form"],
    de: ["Anmeldeformular", "Anmeldeformular öffnen"],
  };
  var HIGHEST = 20000;
  var script = document.currentScript;
  var asked = script.dataset;
  var base = script.src.replace(/\/embed\/v1\.js([?#].*)?$/, "");
  var origin = new URL(base).origin;
  var language = (asked.lang || document.documentElement.lang || "").slice(0, 2).toLowerCase();
  var words = WORDS[language] || WORDS.it;
  var part = encodeURIComponent;
  var query = "?association=" + part(asked.association) + "&via=" + part(asked.partner);
  query += WORDS[language] ? "&lang=" + language : "";

  var link = script.previousElementSibling;
  if (!link || link.tagName !== "A") {
    link = document.createElement("a");
    link.href = base + "/c/" + part(asked.case) + "/join" + query;
    link.textContent = words[1];
    script.parentNode.insertBefore(link, script);
  }

  var frame = document.createElement("iframe");
  frame.title = words[0];
  frame.src = base + "/embed/" + part(asked.case) + query;
  frame.loading = "lazy";
  frame.referrerPolicy = "no-referrer";
  frame.style.display = "block";
  frame.style.width = "100%";
  frame.style.height = "600px";
  frame.style.border = "0";

  var alive = false;
  window.addEventListener("message", function (event) {
    var told = event.data;
    if (event.origin !== origin || event.source !== frame.contentWindow || !told) {
      return;
    }
    if (told.joinder === "height" && typeof told.height === "number" && told.height > 0) {
      alive = true;
      link.style.display = "none";
      frame.style.height = Math.min(Math.ceil(told.height), HIGHEST) + "px";
    }
  });

  var pages = 0;
  frame.addEventListener("load", function () {
    var top = frame.getBoundingClientRect().top;
    pages += 1;
    // the answer to what was sent begins at the top of the frame
    if (pages > 1 && (top < 0 || top > window.innerHeight)) {
      frame.scrollIntoView();
    }
    window.setTimeout(function () {
      if (!alive) {
        frame.remove();
      }
    }, 3000);
  });
  script.parentNode.insertBefore(frame, script);
})();
