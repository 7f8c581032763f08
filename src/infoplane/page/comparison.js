// Draws the charts of comparison.py, each a template of `dvc plots` with its rows as columns.
const charts = JSON.parse(document.getElementById("data").textContent);
const options = {actions: false, renderer: "svg", mode: "vega-lite"};

for (const [id, {specification, columns}] of Object.entries(charts)) {
  const names = Object.keys(columns);
  const values = columns[names[0]].map((_, i) => Object.fromEntries(names.map(name => [name, columns[name][i]])));
  await vegaEmbed(`#${id}`, {...specification, data: {...specification.data, values}}, options);
}
