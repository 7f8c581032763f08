// Draws the charts of comparison.py, each a template of `dvc plots` with its rows as columns.
const charts = JSON.parse(document.getElementById("data").textContent);
const MANY = 2000;  // points, beyond which an element for each makes a browser slow

for (const [id, {specification, columns}] of Object.entries(charts)) {
  const names = Object.keys(columns);
  const values = columns[names[0]].map((_, i) => Object.fromEntries(names.map(name => [name, columns[name][i]])));
  const options = {actions: false, mode: "vega-lite", renderer: values.length > MANY ? "canvas" : "svg"};
  await vegaEmbed(`#${id}`, {...specification, data: {...specification.data, values}}, options);
}
