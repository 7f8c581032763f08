// The values of a panel beside its picture: a table for the keyboard and for fingers, and files to download.
const COLUMNS = ["split", "repetition", "epoch", "layer", "mi_xt", "mi_xt_low", "mi_xt_high", "ceiling_xt", "flag_xt",
  "mi_ty", "mi_ty_low", "mi_ty_high", "ceiling_ty", "flag_ty"];

// The rows of a panel that are switched on, up to the epoch shown.
function shownRows({rows}) {
  const kinds = ["all", shown.repetitions], last = data.epochs[shown.epoch];
  return rows.filter(row => kinds.includes(row.kind) && row.epoch <= last
    && !shown.hiddenLayers.has(row.layer) && !shown.hiddenSplits.has(row.split));
}

function quoted(value) {
  const text = String(value ?? "");
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// In nats, whatever is drawn, with the columns of plots/mi/<key>.csv.
function csv(drawnPanel) {
  const rows = shownRows(drawnPanel).map(row => [drawnPanel.panel.key, ...COLUMNS.map(name => row[name])]);
  return [["estimator", ...COLUMNS], ...rows].map(row => row.map(quoted).join(",")).join("\n") + "\n";
}

function download(name, type, text) {
  const link = create("a", "", {download: name, href: URL.createObjectURL(new Blob([text], {type}))});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// The two buttons of a panel.
function downloads(drawnPanel) {
  const {panel, view} = drawnPanel, place = create("div", "", {class: "downloads"});
  const button = (text, title, act) => {
    const made = create("button", text, {type: "button", title, "aria-label": `${panel.key}: ${title}`});
    made.addEventListener("click", act);
    place.append(made);
  };
  button("CSV", "the points shown, in nats", () => download(`${panel.key}.csv`, "text/csv", csv(drawnPanel)));
  button("SVG", "this picture", async () => download(`${panel.key}.svg`, "image/svg+xml", await view.toSVG()));
  return place;
}

// A table of the epoch shown, which is made when it is open.
function valuesTable(panel) {
  const place = create("details");
  place.append(create("summary", "Values at the epoch shown"), create("table"));
  place.addEventListener("toggle", () => fillTable(drawn.find(each => each.panel === panel)));
  return place;
}

function fillTable(drawnPanel) {
  const {panel, details} = drawnPanel;
  if (!details.open) return;
  const rows = shownRows(drawnPanel).filter(row => row.epoch === data.epochs[shown.epoch]);
  const lines = rows.map(row => told(row, panel).filter(([name]) => name !== "estimator" && name !== "epoch"));
  const head = (lines[0] ?? []).map(([name]) => create("th", name, {scope: "col"}));
  const body = lines.map(line => line.map(([, text]) => create("td", text)));
  details.querySelector("table").replaceChildren(...[head, ...body].map(cells => {
    const row = create("tr");
    row.append(...cells);
    return row;
  }));
}
