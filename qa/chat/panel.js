// Runs once for the filters and settings. `element` and `trigger` are Gradio's.
element.addEventListener("submit", (event) => {
  event.preventDefault();
  trigger("narrow", Object.fromEntries(new FormData(event.target)));
});
element.addEventListener("click", (event) => {
  const button = event.target.closest("button.drop");
  if (button) trigger("widen", { name: button.dataset.drop });
});
