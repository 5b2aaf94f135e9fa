// @ts-check
/**
 * The report's page: asks the station how a line has served, draws it and says it. Queries of the page's
 * address: line=SLUG, weeks=N.
 */

import { any, byId, make, say } from "./dom.js";
import { Refusal } from "./protocol.js";
import * as plan from "./reportplan.js";
import * as words from "./reportwords.js";
import { follow } from "./theme.js";
import { name } from "./words.js";

/** @typedef {import("./apireport.js").Report} Report */
/** @typedef {import("./apireport.js").Period} Period */

const pause = 1000; // ms until a report that is being made is asked for again
const weekMS = 7 * 86_400_000;

const query = new URLSearchParams(location.search);
const line = byId("line", HTMLSelectElement);
const time = byId("time", HTMLSelectElement);

/** @type {Report|null} */
let report = null;
let byWeek = true;
let asked = 0; // counts on: an answer to an older question is dropped

/** get asks the station. @param {string} path */
async function get(path) {
  const reply = await fetch(path, { headers: { Accept: "application/json" } });
  if (reply.status === 401) throw new Refusal({ code: "session", text: "This browser has not been let in, or its session has ended.", action: "Open the console, then this page again." });
  const body = await reply.json();
  if (!reply.ok) throw new Refusal(body);
  return body;
}

/** begins is the Monday from which so many weeks are. @param {number} weeks */
function begins(weeks) {
  const today = Math.floor(Date.now() / 86_400_000) * 86_400_000;
  const monday = today - ((new Date(today).getUTCDay() + 6) % 7) * 86_400_000;
  return new Date(monday - (weeks - 1) * weekMS).toISOString();
}

/** load has the report made, and asks again while the record is read. */
async function load() {
  const mine = ++asked;
  const address = `/api/lines/${encodeURIComponent(line.value)}/report?from=${begins(Number(time.value))}`;
  history.replaceState(null, "", `?line=${encodeURIComponent(line.value)}&weeks=${time.value}`);
  while (mine === asked) {
    try {
      const made = await get(address);
      if (mine === asked) show(made, address);
      return;
    } catch (e) {
      if (mine !== asked) return;
      tell(e);
      if (!(e instanceof Refusal) || e.code !== "building") return;
    }
    await new Promise((done) => setTimeout(done, pause));
  }
}

/** tell says why there is nothing to see. @param {unknown} e */
function tell(e) {
  const r = e instanceof Refusal ? e : { message: "The station was not reached.", action: "Load this page again in a moment." };
  say(any("state"), `${r.message} ${r.action}`);
  any("state").hidden = false;
  any("report").hidden = true;
}

/** show says and draws a report. @param {Report} r @param {string} address */
function show(r, address) {
  report = r;
  document.title = `${words.title(r)}: report – Ringdown`;
  say(any("title"), words.title(r));
  say(any("made"), words.made(r));
  any("facts").replaceChildren(...words.facts(r).map((f) => make("li", "", make("strong", "", f.strong), f.words, make("small", "", f.more))));
  say(any("answer-words"), words.answers(r.whole.calls));
  say(any("ends"), words.ends(r.whole.calls));
  say(any("tests-words"), words.tests(r));
  fill(byId("called", HTMLTableElement), words.calledHead, words.calledRows(r), 1);
  for (const form of ["html", "csv", "json"]) {
    any(`save-${form}`).setAttribute("href", `${address}&to=${encodeURIComponent(r.to)}&form=${form}`);
  }
  any("state").hidden = true;
  any("report").hidden = false;
  table();
  draw();
}

/** table shows all figures, the newest first. */
function table() {
  if (!report) return;
  const periods = (byWeek ? report.weeks : report.months).filter((p) => !words.isBlank(p)).reverse();
  const rows = periods.map((p) => words.periodRow(words.periodName(p), p));
  fill(byId("table", HTMLTableElement), words.periodHead(report), [...rows, words.periodRow("All", report.whole)], 1);
  any("by-week").setAttribute("aria-pressed", String(byWeek));
  any("by-month").setAttribute("aria-pressed", String(!byWeek));
}

/** fill makes a table; the last rows are its foot. @param {HTMLTableElement} el @param {string[]} head @param {string[][]} rows @param {number} foot */
function fill(el, head, rows, foot) {
  const row = (/** @type {string[]} */ cells) => {
    const th = make("th", "", cells[0]);
    th.scope = "row";
    return make("tr", "", th, ...cells.slice(1).map((c) => make("td", "", c)));
  };
  const top = head.map((h) => {
    const th = make("th", "", h);
    th.scope = "col";
    return th;
  });
  el.replaceChildren(make("thead", "", make("tr", "", ...top)), make("tbody", "", ...rows.slice(0, rows.length - foot).map(row)),
    make("tfoot", "", ...rows.slice(rows.length - foot).map(row)));
}

/** draw draws all, as wide as there is room. */
function draw() {
  if (!report) return;
  const r = report, width = Math.max(240, Math.floor(any("strips").clientWidth));
  const strips = [{ head: "Line", a: r.whole.line, use: (/** @type {import("./apireport.js").ReportDay} */ d) => d.line },
    ...r.whole.paths.map((a, i) => ({ head: `Path ${a.path}`, a, use: (/** @type {import("./apireport.js").ReportDay} */ d) => d.paths[i] }))];
  any("strips").replaceChildren(...strips.map(({ head, a, use }) => make("div", "strip",
    make("p", "", make("strong", "", `${head} ${words.share(a)}`), make("span", "soft", words.downs(a))),
    picture(plan.strip(r.days, use, width), `${head}, day by day: up ${words.share(a)}. ${words.downs(a)}`))));
  const spread = r.whole.calls.answer.spread ?? [];
  any("columns").replaceChildren(...(spread.length ? [picture(plan.columns(spread, width), words.answers(r.whole.calls))] : []));
  any("trend").replaceChildren(picture(plan.trend(r.weeks, width), "Time to answer, week by week; the figures stand in the table below."));
  any("dots").replaceChildren(...(r.tests.length ? [picture(plan.dots(r.tests, r.from, r.to, width), words.tests(r))] : []));
}

const svgNS = "http://www.w3.org/2000/svg";

/** picture makes a drawing's element. @param {plan.Drawing} d @param {string} label */
function picture(d, label) {
  const el = document.createElementNS(svgNS, "svg");
  for (const [k, v] of Object.entries({ viewBox: `0 0 ${d.width} ${d.height}`, width: d.width, height: d.height, role: "img", "aria-label": label })) el.setAttribute(k, String(v));
  for (const s of d.shapes) {
    const shape = document.createElementNS(svgNS, s.tag);
    for (const [k, v] of Object.entries(s.at)) shape.setAttribute(k, String(v));
    if (s.text) shape.textContent = s.text;
    if (s.title) {
      const title = document.createElementNS(svgNS, "title");
      title.textContent = s.title;
      shape.append(title);
    }
    el.append(shape);
  }
  return el;
}

/** start finds the lines, and loads the report of one. */
async function start() {
  const wanted = query.get("line") ?? "", weeks = query.get("weeks") ?? "";
  if ([...time.options].some((o) => o.value === weeks)) time.value = weeks;
  try {
    /** @type {import("./api.js").Status} */
    const status = await get("/api/status");
    line.replaceChildren(...status.lines.map((l) => new Option(name(l.peer), l.line)));
    if (status.lines.some((l) => l.line === wanted)) line.value = wanted;
    any("line-field").hidden = status.lines.length < 2;
    if (status.lines.length === 0) throw new Refusal({ code: "none", text: "This station has no line yet.", action: "Conclude an accord first." });
  } catch (e) {
    tell(e);
    return;
  }
  await load();
}

follow(byId("theme", HTMLSelectElement), () => {});
line.addEventListener("change", () => void load());
time.addEventListener("change", () => void load());
byId("ask", HTMLFormElement).addEventListener("submit", (e) => e.preventDefault());
any("by-week").addEventListener("click", () => { byWeek = true; table(); });
any("by-month").addEventListener("click", () => { byWeek = false; table(); });
new ResizeObserver(() => draw()).observe(any("strips"));
void start();
