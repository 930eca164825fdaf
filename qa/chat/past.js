// Runs once for the list of conversations. `element`, `trigger` and `watch` are Gradio's.
// The list lies in this browser alone (localStorage), newest first: {id, name, when, turns}. What is written into it is
// put on the page as text only; whoever could write there could run scripts here anyway, but a page's words cannot.
const MOST = 30; // conversations
const ROOM = 400000; // characters of all of them together
const OPEN = "baowen:open"; // the one that this tab shows, so that reloading brings it back
const part = (selector) => element.querySelector(selector);
const now = () => part(".now").dataset;
const texts = () => JSON.parse(now().texts);
const place = () => `baowen:past:${now().whose}`;
const filled = (text, name) => text.split("{name}").join(name);

const isSound = (one) =>
  one && typeof one.id === "string" && typeof one.name === "string" && Number.isFinite(one.when) &&
  Array.isArray(one.turns) && one.turns.length > 0 && one.turns.every((turn) => turn && typeof turn.question === "string");
const kept = () => {
  try {
    const list = JSON.parse(localStorage.getItem(place()));
    return Array.isArray(list) ? list.filter(isSound) : [];
  } catch {
    return []; // nothing was kept, or the browser keeps nothing
  }
};
// What there is no room for is forgotten, the oldest first.
const keep = (list) => {
  let some = list.slice(0, MOST);
  while (some.length > 1 && JSON.stringify(some).length > ROOM) some = some.slice(0, -1);
  try {
    if (some.length) localStorage.setItem(place(), JSON.stringify(some));
    else localStorage.removeItem(place());
  } catch {
    tell(texts().full);
  }
};
const title = (one) => one.name || one.turns[0].question;
// What is said to screen readers stands outside of `element`, whose content Gradio makes anew.
const said = document.createElement("span");
said.className = "past-said";
said.setAttribute("role", "status");
document.querySelector("#talk").append(said);
const tell = (text) => {
  said.textContent = text;
};

const button = (kind, text, label) => {
  const made = document.createElement("button");
  made.type = "button";
  made.className = kind;
  made.textContent = text;
  if (label) made.setAttribute("aria-label", `${text}: ${label}`);
  return made;
};
const row = (one) => {
  const line = document.createElement("li");
  line.dataset.talk = one.id;
  const go = button("go", title(one));
  if (one.id === now().id) go.setAttribute("aria-current", "true");
  const when = document.createElement("time");
  when.dateTime = new Date(one.when).toISOString();
  when.textContent = new Date(one.when).toLocaleString([], { dateStyle: "short", timeStyle: "short" });
  line.append(go, when, button("rename", texts().rename, title(one)), button("delete", texts().delete, title(one)));
  return line;
};
const renaming = (one) => {
  const form = document.createElement("form");
  const label = document.createElement("label");
  const name = document.createElement("span");
  const box = document.createElement("input");
  name.textContent = texts().name;
  Object.assign(box, { type: "text", name: "name", maxLength: 60, value: title(one).slice(0, 60), autocomplete: "off" });
  label.append(name, box);
  const save = button("save", texts().save);
  save.type = "submit";
  form.append(label, save, button("cancel", texts().cancel));
  return form;
};
const draw = () => {
  const list = kept();
  part("ul").replaceChildren(...list.map(row));
  part(".count").textContent = `(${list.length})`;
  part(".talks").hidden = list.length === 0;
  part(".begin").hidden = now().turns === "[]";
};
const rowOf = (id) => [...element.querySelectorAll("li")].find((line) => line.dataset.talk === id);
const ask = () => document.querySelector("#question textarea")?.focus();

const open = (one) => {
  part(".talks").open = false;
  trigger("resume", { id: one.id, turns: one.turns });
};
let first = true;
watch("value", () => {
  if (!part(".now")) return;
  const { id } = now();
  const turns = JSON.parse(now().turns);
  const list = kept();
  const before = list.find((one) => one.id === id);
  if (first) {
    first = false;
    const left = list.find((one) => one.id === sessionStorage.getItem(OPEN));
    draw();
    if (left && !turns.length) {
      open(left);
      return;
    }
  }
  sessionStorage.setItem(OPEN, id);
  const others = list.filter((one) => one.id !== id);
  if (!turns.length) {
    if (before) keep(others);
  } else if (!before || JSON.stringify(before.turns) !== JSON.stringify(turns)) {
    keep([{ id, name: before ? before.name : "", when: Date.now(), turns }, ...others]);
  }
  draw();
});

const remove = (one) => {
  const line = rowOf(one.id);
  const beside = (line.nextElementSibling || line.previousElementSibling)?.dataset.talk;
  keep(kept().filter((other) => other.id !== one.id));
  draw();
  tell(filled(texts().deleted, title(one)));
  if (beside) rowOf(beside).querySelector(".go").focus();
  else ask();
  if (one.id === now().id) trigger("forget", {});
};
element.addEventListener("click", (event) => {
  const pressed = event.target.closest("button");
  if (!pressed) return;
  const kind = pressed.className;
  const one = kept().find((other) => other.id === pressed.closest("li")?.dataset.talk);
  if (kind === "begin") {
    trigger("begin", {});
    ask();
  }
  if (kind === "all" && confirm(texts().sure_all)) {
    keep([]);
    draw();
    ask();
    trigger("forget", {});
  }
  if (!one) return;
  if (kind === "go") {
    if (one.id !== now().id) open(one);
    part(".talks").open = false;
    tell(filled(texts().opened, title(one)));
    ask();
  }
  if (kind === "rename") {
    rowOf(one.id).replaceChildren(renaming(one));
    rowOf(one.id).querySelector("input").select();
  }
  if (kind === "cancel") again(one.id);
  if (kind === "delete" && confirm(filled(texts().sure, title(one)))) remove(one);
});
const again = (id) => {
  draw();
  rowOf(id)?.querySelector(".rename").focus();
};
element.addEventListener("submit", (event) => {
  event.preventDefault();
  const id = event.target.closest("li").dataset.talk;
  const name = new FormData(event.target).get("name").trim();
  keep(kept().map((one) => (one.id === id ? { ...one, name: name === one.turns[0].question ? "" : name } : one)));
  again(id);
});
element.addEventListener("keydown", (event) => {
  const form = event.target.closest("form");
  if (event.key === "Escape" && form) again(form.closest("li").dataset.talk);
});
// Another tab of this browser has changed the list.
const changed = (event) => {
  if (!element.isConnected) window.removeEventListener("storage", changed);
  else if (part(".now") && event.key === place() && !part("form")) draw();
};
window.addEventListener("storage", changed);
