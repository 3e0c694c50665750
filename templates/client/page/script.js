"use strict";

// Without a secure context (a page from a plain HTTP server) there is no navigator.clipboard.
const copyBySelecting = (element) => {
  const selection = getSelection();
  selection.selectAllChildren(element);
  const done = document.execCommand("copy");
  selection.removeAllRanges();
  if (!done) throw new Error("the browser does not copy");
};

const copy = async (element) => {
  try {
    await navigator.clipboard.writeText(element.textContent);
  } catch {
    copyBySelecting(element);
  }
};

const said = document.getElementById("said");

for (const button of document.querySelectorAll(".copy")) {
  const element = button.closest(".copyable").querySelector(".text");
  const name = button.textContent;
  const say = (text, mark) => {
    button.textContent = text;
    button.classList.add(mark);
    said.textContent = text;
    setTimeout(() => {
      button.textContent = name;
      button.classList.remove(mark);
      said.textContent = "";
    }, 2000);
  };
  button.hidden = false;
  button.addEventListener("click", () =>
    copy(element).then(() => say("Copied", "done"), () => say("Select it", "failed")));
}
