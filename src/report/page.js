"use strict";
// What a browser may do besides showing the page: times in the reader's own zone, a word when the page is old, search and
// sorting, loading anew. Without it the page says the same.
(() => {
  const lang = document.documentElement.lang;
  const byId = (id) => document.getElementById(id);
  const fill = (text, ...values) => values.reduce((text, value) => text.replace("{}", value), text);
  const grouped = (number) => number.toLocaleString("en");

  // How far a time is from now, as the commands say it.
  const relative = (at) => {
    const minutes = Math.trunc((at - Date.now()) / 60e3);
    const size = Math.abs(minutes);
    if (size === 0) return new Intl.RelativeTimeFormat(lang, { numeric: "auto" }).format(0, "second");
    const [number, unit] = size < 60 ? [minutes, "minute"] : size < 2880 ? [Math.trunc(minutes / 60), "hour"] : [Math.trunc(minutes / 1440), "day"];
    return new Intl.RelativeTimeFormat(lang).format(number, unit);
  };

  const localTimes = () => {
    const two = (number) => String(number).padStart(2, "0");
    for (const element of document.querySelectorAll("time")) {
      const at = new Date(element.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
      const exact = `${day} ${two(at.getHours())}:${two(at.getMinutes())}`;
      const isRelative = element.classList.contains("ago");
      element.title = isRelative ? exact : element.textContent;
      element.textContent = isRelative ? relative(at.getTime()) : exact;
    }
  };

  // A page that nobody makes any more would say for ever that all is well.
  const tellAge = () => {
    const stale = byId("stale");
    const hour = 3600e3;
    const { made, due } = document.body.dataset;
    const ago = (since) => {
      const hours = (Date.now() - since) / hour;
      const [number, unit] = hours < 48 ? [hours, "hour"] : [hours / 24, "day"];
      return new Intl.NumberFormat(lang, { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 }).format(number);
    };
    let text = "";
    if (due && Date.now() - due > hour) text = fill(stale.dataset.due, ago(due));
    else if (!due && made && Date.now() - made > 48 * hour) text = fill(stale.dataset.old, ago(made));
    stale.textContent = text;
    stale.hidden = !text;
  };

  const decoded = (html) =>
    html.replace(/<[^>]*>/g, " ").replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&quot;/g, '"').replace(/&amp;/g, "&");

  // Rows are kept as the text that the page was written with, where every name is escaped already.
  const allRows = (body) => {
    const rows = Array.from(body.rows, (row) => row.outerHTML);
    const rest = byId("rest");
    if (rest) {
      const text = rest.textContent;
      const inner = text.slice(text.indexOf("<tbody>") + 7, text.lastIndexOf("</tbody>"));
      for (const row of inner.split("<tr>").slice(1)) rows.push(`<tr>${row}`);
    }
    return rows;
  };

  // What a cell is sorted by; nothing is known of an empty one, and it comes last.
  const keyOf = (row, column, kind) => {
    const text = decoded(row.split("<td>")[column + 1] || "").trim();
    if (text === "" || text === "?") return null;
    if (kind === "clock") return text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
    if (kind === "km") return Number(text);
    return text.toLowerCase();
  };

  const activities = () => {
    const table = document.querySelector("table.list");
    if (!table) return;
    const [body] = table.tBodies;
    const [query, found, more] = [byId("q"), byId("found"), byId("more")];
    const step = 500;
    const rows = allRows(body);
    const texts = [];
    const collator = new Intl.Collator(lang);
    let order = rows.map((_, at) => at);
    let matching = order;
    let shown = Math.min(rows.length, body.rows.length);

    const tell = () => {
      found.textContent = fill(found.dataset.found, grouped(Math.min(shown, matching.length)), grouped(matching.length));
      const left = Math.min(step, matching.length - shown);
      more.hidden = left <= 0;
      more.textContent = fill(more.dataset.more, grouped(left));
    };
    const folded = (row) => row.replace(/<td>([^<]*)<p>([^]*)$/, "<td><details><summary>$1</summary>$2</details>");
    const html = (from, to) => matching.slice(from, to).map((at) => folded(rows[at])).join("");
    const show = () => {
      shown = Math.min(100, matching.length);
      body.innerHTML = html(0, shown);
      tell();
    };
    const search = () => {
      const words = query.value.toLowerCase().split(/\s+/).filter((word) => word && word !== "-");
      const [not, all] = [words.filter((word) => word[0] === "-").map((word) => word.slice(1)), words.filter((word) => word[0] !== "-")];
      if (words.length && !texts.length) for (const row of rows) texts.push(decoded(row).toLowerCase());
      matching = words.length
        ? order.filter((at) => all.every((word) => texts[at].includes(word)) && !not.some((word) => texts[at].includes(word)))
        : order;
      show();
    };
    const sort = (head, column) => {
      const up = head.getAttribute("aria-sort") === "descending" || (!head.hasAttribute("aria-sort") && !["start", "clock", "km"].includes(head.className));
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      let keys = rows.map((row) => keyOf(row, column, head.className));
      if (head.className === "name") {
        // Comparing as a dictionary does is slow, so each name is placed once.
        const places = new Map(Array.from(new Set(keys)).filter((key) => key !== null).sort(collator.compare).map((key, at) => [key, at]));
        keys = keys.map((key) => places.get(key) ?? null);
      }
      const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
      order = rows.map((_, at) => at).sort((a, b) => {
        if (keys[a] === null || keys[b] === null) return (keys[a] === null) - (keys[b] === null) || a - b;
        return (up ? compare(keys[a], keys[b]) : compare(keys[b], keys[a])) || a - b;
      });
      search();
    };

    Array.from(table.tHead.rows[0].cells).forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      button.addEventListener("click", () => sort(head, column));
      head.replaceChildren(button);
    });
    table.tHead.rows[0].cells[0].setAttribute("aria-sort", "descending");
    query.addEventListener("input", search);
    byId("tools").addEventListener("submit", (event) => event.preventDefault());
    more.addEventListener("click", () => {
      const from = shown;
      shown = Math.min(shown + step, matching.length);
      body.insertAdjacentHTML("beforeend", html(from, shown));
      tell();
    });
    byId("tools").hidden = false;
    if (query.value) search();
    else tell();
  };

  // Loads the page anew, unless somebody types or has marked something; what was unfolded stays so.
  const refresh = () => {
    const box = byId("refresh");
    if (!box) return;
    const store = {
      get: (key) => { try { return sessionStorage.getItem(key); } catch { return null; } },
      set: (key, value) => { try { sessionStorage.setItem(key, value); } catch { /* then it is forgotten */ } },
    };
    const folds = () => Array.from(document.querySelectorAll("main > section > .part details, table.log details"));
    const nameOf = (fold) => fold.querySelector("summary").textContent;
    const open = JSON.parse(store.get("open") || "[]");
    for (const fold of folds()) if (open.includes(nameOf(fold))) fold.open = true;
    box.parentElement.hidden = false;
    box.checked = store.get("refresh") !== "off";
    box.addEventListener("change", () => store.set("refresh", box.checked ? "on" : "off"));
    setInterval(() => {
      const query = byId("q");
      if (!box.checked || (query && query.value) || String(getSelection())) return;
      store.set("open", JSON.stringify(folds().filter((fold) => fold.open).map(nameOf)));
      location.reload();
    }, box.parentElement.dataset.seconds * 1000);
  };

  localTimes();
  tellAge();
  setInterval(tellAge, 60e3);
  activities();
  refresh();
})();
