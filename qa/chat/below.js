// Runs once for what stands above the question box. `element` and `trigger` are Gradio's.
element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { example, next, turn, liked } = button.dataset;
  if (example !== undefined) trigger("choose", { example: Number(example) });
  if (next !== undefined) trigger("follow", { next: Number(next) });
  if (liked !== undefined) trigger("rate", { turn: Number(turn), liked: Number(liked), word: "", answer: "" });
  if (button.classList.contains("stop")) trigger("stop", {});
  if (button.classList.contains("retry")) trigger("retry", {});
  if (button.classList.contains("undo")) trigger("undo", {});
});
element.addEventListener("submit", (event) => {
  event.preventDefault();
  const { turn, liked } = event.target.dataset;
  const { word, answer = "" } = Object.fromEntries(new FormData(event.target));
  trigger("rate", { turn: Number(turn), liked: Number(liked), word, answer });
});
