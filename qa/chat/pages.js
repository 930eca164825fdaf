// Uploads one file after another, with a bar for each, and keeps the lists up to date while something is being read.
(() => {
  const form = document.getElementById("upload-form");
  const list = document.getElementById("upload-files");
  const stop = document.getElementById("upload-stop");
  const LISTS = ["sets", "uploaded"];
  let current = null, stopped = false, timer = 0;

  const refresh = async () => {
    window.clearTimeout(timer);
    try {
      const got = await fetch("/pages" + location.search);
      const fresh = new DOMParser().parseFromString(await got.text(), "text/html");
      for (const id of LISTS) {
        const mine = document.getElementById(id), theirs = fresh.getElementById(id);
        // What somebody is about to press is left where it is; it is brought up to date the next time.
        if (mine && theirs && mine.innerHTML !== theirs.innerHTML && !mine.contains(document.activeElement)) mine.replaceWith(theirs);
      }
    } catch { /* the server is away; the page stays as it is */ }
    watch();
  };
  const watch = () => {
    window.clearTimeout(timer);
    if (document.querySelector("[data-busy]")) timer = window.setTimeout(refresh, 1000);
  };

  const say = (key, file) => form.dataset[key].replace("{name}", () => file.name);

  const send = (file, item) => new Promise((done) => {
    const bar = item.querySelector("progress"), said = item.querySelector("span");
    const end = (text) => { bar.remove(); said.textContent = text; current = null; done(); };
    if (file.size > Number(form.dataset.most)) return end(say("large", file));
    said.textContent = say("sending", file);
    const data = new FormData(), request = current = new XMLHttpRequest();
    data.append("files", file);
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = (event) => {
      if (!event.lengthComputable) return;
      bar.value = event.loaded / event.total;
    };
    request.onload = () => {
      let answer = [];
      try { answer = JSON.parse(request.responseText).files; } catch { /* not ours: said below */ }
      end(answer.length ? answer.map((one) => one.said).join(" ") : say("failed", file));
    };
    request.onerror = () => end(say("failed", file));
    request.onabort = () => end(say("stopped", file));
    request.send(data);
  });

  if (form) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const input = form.querySelector("input[type=file]"), button = form.querySelector("button");
      const files = [...input.files];
      stopped = false;
      button.disabled = true;
      stop.hidden = false;
      list.replaceChildren();
      const items = files.map((file) => {
        const item = document.createElement("li"), said = document.createElement("span"), bar = document.createElement("progress");
        said.textContent = say("queued", file);
        bar.max = 1; bar.value = 0;
        bar.setAttribute("aria-label", file.name);
        item.append(said, bar);
        list.append(item);
        return item;
      });
      for (const [at, file] of files.entries()) {
        if (stopped) {
          items[at].querySelector("progress").remove();
          items[at].querySelector("span").textContent = say("stopped", file);
        } else {
          await send(file, items[at]);
          refresh();
        }
      }
      form.reset();
      button.disabled = false;
      stop.hidden = true;
      refresh();
    });
    stop.addEventListener("click", () => { stopped = true; if (current) current.abort(); });
  }
  watch();
})();
