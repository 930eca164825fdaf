// Runs once for the cards component. `element`, `trigger` and `watch` are Gradio's.
// A link #cite-TURN-NUMBER in the chat shows card NUMBER of that turn; where other cards are on show, the server is
// asked for them first. Followed as an ordinary link it would leave the page and lose the conversation.
const show = (turn, number) => {
  element.querySelectorAll(".card.hit").forEach((card) => card.classList.remove("hit"));
  const card = element.querySelector(`#src-${turn}-${number}`);
  if (!card) return false;
  card.classList.add("hit");
  card.scrollIntoView({ block: "nearest" });
  card.focus({ preventScroll: true });
  return true;
};
let wanted = null;
const follow = (event) => {
  if (!element.isConnected) {
    document.removeEventListener("click", follow);
    return;
  }
  const link = event.target.closest && event.target.closest('a[href*="#cite-"], a[href*="#edit-"]');
  if (!link) return;
  event.preventDefault();
  const cite = link.getAttribute("href").match(/#cite-([0-9]+)-([0-9]+)$/);
  const edit = link.getAttribute("href").match(/#edit-([0-9]+)$/);
  if (edit) trigger("edit", { turn: Number(edit[1]) });
  if (cite && !show(cite[1], cite[2])) {
    wanted = [cite[1], cite[2]];
    trigger("cite", { turn: Number(cite[1]) });
  }
};
document.addEventListener("click", follow);
watch("value", () => {
  if (wanted && show(...wanted)) wanted = null;
});
element.addEventListener("click", (event) => {
  const button = event.target.closest("button.copy");
  if (!button || !navigator.clipboard) return;
  const text = button.closest(".card").querySelector("cite").innerText;
  navigator.clipboard.writeText(text).then(() => { button.textContent = button.dataset.done; });
});
// Gradio labels each message with its raw source, tags included; a screen reader is to read the message instead.
const chat = document.querySelector("#chat");
if (chat) {
  const unlabel = () => chat.querySelectorAll("[data-testid][aria-label*='<']").forEach((one) => one.removeAttribute("aria-label"));
  new MutationObserver(unlabel).observe(chat, { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-label"] });
}
