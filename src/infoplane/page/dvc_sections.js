// The plots of DVC's page under headings, planes first; all others are closed, but for the first that is there.
// The id of a plot is its path, with _ for what is no letter.
const SECTIONS = [
  ["Planes", /^plots_(mi_|figures_overview_planes_)/],
  ["Over the epochs", /^plots_over_epochs_/],
  ["Training", /^plots_(training|gradients)_/],
  ["Layers beside their information, readout", /^plots_(resolution|measures|cka|readout)_/],
  ["Where the truth is known", /^plots_validation_/],
  ["Figures", /^plots_figures_/],
  ["What estimators say of themselves", /^plots_diagnostics_/],
  ["Others", /./],
];
const sections = [];
const plots = [...document.querySelectorAll("body > div[id]")];
for (const [title, ids] of SECTIONS) {
  const section = document.createElement("details");
  section.className = "section"; // Vega has a <details> of its own in each plot
  section.innerHTML = `<summary>${title}</summary>`;
  for (const plot of plots) {
    if (!plot.closest(".section") && ids.test(plot.id)) section.append(plot);
  }
  if (section.children.length > 1) {
    section.open = sections.push(section) === 1;
    document.body.append(section);
  }
}
