// Runs once for the cards component. `element`, `trigger` and `watch` are Gradio's.
// A link #cite-TURN-NUMBER in the chat shows card NUMBER of that turn; where other cards are on show, the server is
// asked for them first. #said-TURN-NUMBER in a card leads back. Followed as ordinary links they would leave the page
// and lose the conversation.
const show = (turn, number) => {
  element.querySelectorAll(".card.hit").forEach((card) => card.classList.remove("hit"));
  const card = element.querySelector(`#src-${turn}-${number}`);
  if (!card) return false;
  card.classList.add("hit");
  card.scrollIntoView({ block: "nearest" });
  card.focus({ preventScroll: true });
  return true;
};
const back = (turn, number) => {
  const link = document.querySelector(`#chat a[href$="#cite-${turn}-${number}"]`);
  if (!link) return;
  link.scrollIntoView({ block: "center" });
  link.focus({ preventScroll: true });
};
let wanted = null;
const follow = (event) => {
  if (!element.isConnected) {
    document.removeEventListener("click", follow);
    return;
  }
  const link = event.target.closest && event.target.closest('a[href*="#cite-"], a[href*="#edit-"], a[href*="#said-"]');
  if (!link) return;
  const found = link.getAttribute("href").match(/#(cite|edit|said)-([0-9]+)(?:-([0-9]+))?$/);
  if (!found) return;
  event.preventDefault();
  const [, kind, turn, number] = found;
  if (kind === "edit") trigger("edit", { turn: Number(turn) });
  if (kind === "said") back(turn, number);
  if (kind === "cite" && !show(turn, number)) {
    wanted = [turn, number];
    trigger("cite", { turn: Number(turn) });
  }
};
document.addEventListener("click", follow);
let shown = null;
watch("value", () => {
  const cards = element.querySelector(".cards");
  const turn = cards && cards.dataset.turn;
  if (wanted && show(...wanted)) wanted = null;
  else if (turn !== shown) document.querySelector("#sources").scrollTop = 0;
  shown = turn;
});
// The clipboard is closed to a page that came without encryption from another machine; there the older way remains.
const copied = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const box = document.createElement("textarea");
    box.value = text;
    document.body.append(box);
    box.select();
    const done = document.execCommand("copy");
    box.remove();
    return done;
  }
};
element.addEventListener("click", async (event) => {
  const button = event.target.closest("button.copy");
  if (!button) return;
  const source = button.closest(".copyable").querySelector(".text");
  const done = await copied(source.href || source.textContent);
  button.textContent = done ? button.dataset.done : button.dataset.failed;
  if (done) button.focus();
  else if (!source.href) getSelection().selectAllChildren(source);
});
// Gradio labels each message with its raw source, tags included; a screen reader is to read the message instead.
const chat = document.querySelector("#chat");
if (chat) {
  const unlabel = () => chat.querySelectorAll("[data-testid][aria-label*='<']").forEach((one) => one.removeAttribute("aria-label"));
  new MutationObserver(unlabel).observe(chat, { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-label"] });
}
