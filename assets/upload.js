// Sends the form of /me/documents with progress, and again by itself when the line was lost: the hidden key
// makes a repeat harmless. Without this file the form is sent by the browser, as any other.
(function () {
  "use strict";

  var PAUSES = [2000, 6000, 15000];

  function start() {
    var form = document.getElementById("upload");
    if (!form || !window.FormData || !window.XMLHttpRequest || !window.DOMParser) {
      return;
    }
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      send(form, new FormData(form), 0);
    });
  }

  function send(form, data, failures) {
    var button = form.querySelector("button[type=submit]");
    var progress = document.getElementById("upload-progress");
    var request = new XMLHttpRequest();
    button.disabled = true;
    progress.hidden = false;
    progress.value = 0;
    say(form.dataset.sending);
    request.upload.onprogress = function (event) {
      if (event.lengthComputable) {
        progress.value = Math.round((event.loaded / event.total) * 100);
      }
    };
    request.upload.onload = function () {
      say(form.dataset.keeping);
    };
    request.onload = function () {
      if (request.status === 408 || request.status >= 500) {
        again(form, data, failures);
      } else {
        show(request);
      }
    };
    request.onerror = request.ontimeout = request.onabort = function () {
      again(form, data, failures);
    };
    request.open("POST", form.action);
    request.send(data);
  }

  function again(form, data, failures) {
    if (failures < PAUSES.length) {
      say(form.dataset.lost);
      window.setTimeout(function () {
        send(form, data, failures + 1);
      }, PAUSES[failures]);
      return;
    }
    // the same key again: pressing the button goes on where this ended
    document.getElementById("upload-progress").hidden = true;
    form.querySelector("button[type=submit]").disabled = false;
    say(form.dataset.failed);
  }

  // after a success the browser was led to the list; else the answer is the form with what is wrong
  function show(request) {
    if (request.status === 200) {
      window.location.assign(request.responseURL);
      return;
    }
    var answer = new DOMParser().parseFromString(request.responseText, "text/html");
    var content = answer.getElementById("content");
    if (!content) {
      window.location.reload();
      return;
    }
    document.getElementById("content").replaceWith(document.adoptNode(content));
    window.scrollTo(0, 0);
    start();
  }

  function say(words) {
    document.getElementById("upload-state").textContent = words;
  }

  start();
})();
