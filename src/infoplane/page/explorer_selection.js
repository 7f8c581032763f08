// What is shown is kept in the address after #, so that a link to the page shows the same: what differs from how the
// page opens, by the names of layers and splits.
function selection() {
  const last = data.epochs.length - 1, kept = new URLSearchParams();
  for (const layer of data.layers) if (shown.hiddenLayers.has(layer.name)) kept.append("without", layer.name);
  for (const split of data.splits) if (shown.hiddenSplits.has(split.name)) kept.append("without-split", split.name);
  if (shown.epoch !== last) kept.set("epoch", data.epochs[shown.epoch]);
  for (const name of CHOICES) if (shown[name] !== opened[name]) kept.set(name, shown[name]);
  return kept.toString();
}

function keepSelection() {
  const kept = selection();
  if (kept === location.hash.slice(1)) return;
  history.replaceState(null, "", kept ? `#${kept}` : location.pathname + location.search);
}

// Takes over what the address says; what it does not know of is left as the page opens.
function takeSelection() {
  const told = new URLSearchParams(location.hash.slice(1));
  shown.hiddenLayers = new Set(told.getAll("without"));
  shown.hiddenSplits = new Set(told.getAll("without-split"));
  const epoch = told.has("epoch") ? data.epochs.indexOf(Number(told.get("epoch"))) : -1;
  shown.epoch = epoch < 0 ? data.epochs.length - 1 : epoch;
  for (const name of CHOICES) {
    const known = typeof opened[name] === "boolean" ? ["true", "false"] : VALUES[name];
    const value = known.includes(told.get(name)) ? told.get(name) : opened[name];
    shown[name] = typeof opened[name] === "boolean" ? String(value) === "true" : value;
  }
}
