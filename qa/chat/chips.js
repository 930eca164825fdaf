// Runs once for the example questions. `element` and `trigger` are Gradio's.
element.addEventListener("click", (event) => {
  const chip = event.target.closest("button.chip");
  if (chip) trigger("choose", { example: Number(chip.dataset.example) });
});
