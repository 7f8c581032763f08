// What a panel of explorer.py looks like in Vega-Lite.

const MUTED = "#6b6b6b", FAINT = "#e4e4e4", WIDTH = 310, HEIGHT = 270;

// The specification of a panel with these rows; `signals`: their values at first. Names of layers and splits are data
// and stand in no expression.
function specification(panel, rows, signals) {
  const isPlane = panel.axes.x !== "epoch";
  const at = axis => ({field: axis, type: "quantitative"});
  const as = field => ({field, type: "nominal", scale: null});
  const domain = axis => ({zero: false, nice: false, domain: [{expr: axis + "_low"}, {expr: axis + "_high"}]});
  const titled = axis => ({title: {expr: axis + "_title"}, tickCount: 6});
  const epochs = panel.epoch_axis;
  const epochScale = {type: epochs.log ? "symlog" : "linear", zero: false, nice: false, domain: epochs.domain};
  const calculate = [];
  for (const axis of ["x", "y"]) {
    const column = panel.axes[axis];
    if (column === "epoch") {
      calculate.push({calculate: "datum.epoch", as: axis});
      continue;
    }
    calculate.push({calculate: `datum.${column} * factor`, as: axis});
    for (const end of ["low", "high"]) {
      const bound = `datum.${column}_${end}`;
      calculate.push({calculate: `isValid(${bound}) ? ${bound} * factor : datum.${axis}`, as: `${axis}_${end}`});
    }
  }
  const bars = axis => ({
    transform: [{filter: `bounds && datum.${axis}_low < datum.${axis}_high`}],
    mark: {type: "rule", clip: true, opacity: 0.45, aria: false},
    encoding: {[axis]: at(axis + "_low"), [axis + "2"]: {field: axis + "_high"}, color: as("colour")},
  });
  const layers = [
    ...["x", "y"].filter(axis => panel.axes[axis] !== "epoch").map(bars),
    ...(panel.diagonal ? [diagonal()] : []),
    {
      transform: isPlane ? [{filter: "join == 'layers'"}] : [],
      mark: {type: "line", color: "#a8a8a8", strokeWidth: {expr: "line_width"}, aria: false},
      encoding: {order: at("epoch"), detail: [{field: "layer"}, {field: "repetition"}], strokeDash: as("dash")},
    },
    ...(isPlane ? [{
      transform: [{filter: "join == 'epochs'"}],
      mark: {type: "line", strokeWidth: {expr: "line_width"}, opacity: 0.7, aria: false},
      encoding: {
        order: at("place"), detail: [{field: "epoch"}, {field: "repetition"}],
        strokeDash: as("dash"), color: as("colour"),
      },
    }] : []),
    {
      transform: [{filter: "datum.epoch == epoch"}],
      mark: {type: "point", size: {expr: "3.6 * point_size"}, stroke: "#222222", strokeWidth: 1, opacity: 1, aria: false},
      encoding: {shape: as("shape")},
    },
    {
      name: "points",
      mark: {type: "point", size: {expr: "point_size"}, strokeWidth: 1.4, opacity: 1},
      encoding: {
        shape: as("shape"),
        stroke: as("colour"),
        fill: {condition: {test: "datum.flag != ''", value: "white"}, ...as("colour")},
        tooltip: {field: "layer"},  // that there is one; `tip` says what it says
      },
    },
    ...["x", "y"].flatMap(axis => ceilings(panel, axis)),
  ];
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    description: `Information plane of ${panel.key}`,
    width: WIDTH,
    height: HEIGHT,
    params: Object.entries(signals).map(([name, value]) => ({name, value})),
    data: {values: rows},
    transform: [
      {filter: "datum.epoch <= epoch && (datum.kind == 'all' || datum.kind == repetitions)"},
      {filter: "indexof(hidden_layers, datum.layer) < 0 && indexof(hidden_splits, datum.split) < 0"},
      ...calculate,
    ],
    encoding: {
      x: isPlane
        ? {...at("x"), scale: domain("x"), axis: titled("x")}
        : {
          ...at("x"), scale: epochScale,
          axis: {...titled("x"), values: epochs.ticks, format: "d", labelOverlap: true},
        },
      y: {...at("y"), scale: domain("y"), axis: titled("y")},
    },
    layer: layers,
    config: {
      font: 'system-ui, "DejaVu Sans", sans-serif',
      view: {stroke: null},
      axis: {
        gridColor: FAINT, domainColor: MUTED, tickColor: MUTED,
        labelFontSize: 11, titleFontSize: 12, titleFontWeight: 600,
      },
      text: {fontSize: 11, color: MUTED},
    },
  };
}

// I(T;Y) = I(X;T), as far as it runs within the axes.
function diagonal() {
  const [low, high] = ["max(x_low, y_low, 0)", "min(x_high, y_high)"];
  return {
    data: {values: [{}]},
    transform: [{filter: `${low} < ${high}`}, {calculate: low, as: "low"}, {calculate: high, as: "high"}],
    mark: {type: "rule", color: "#a8a8a8", strokeDash: [6, 4], aria: false},
    encoding: {
      x: {field: "low", type: "quantitative"}, x2: {field: "high"},
      y: {field: "low", type: "quantitative"}, y2: {field: "high"},
    },
  };
}

// Ceilings: dotted lines within the plane, and their names outside of it; beyond it the name alone, with an arrow.
function ceilings(panel, axis) {
  const found = panel.ceilings.filter(ceiling => ceiling.axis === axis);
  if (found.length === 0) return [];
  const other = axis === "x" ? "y" : "x", arrow = axis === "x" ? " →" : " ↑";
  const base = {
    data: {values: found.map((ceiling, i) => ({...ceiling, place: -8 - 13 * i}))},
    transform: [
      {calculate: "datum.value * factor", as: "limit"},
      {calculate: `datum.limit > ${axis}_high`, as: "far"},
      {calculate: `datum.name + ' ' + format(datum.limit, '.2f') + (datum.far ? '${arrow}' : '')`, as: "text"},
      {calculate: `min(datum.limit, ${axis}_high)`, as: "at"},
    ],
  };
  const place = {field: "at", type: "quantitative"}, text = {field: "text", type: "nominal"};
  const lineOver = {type: "rule", strokeDash: [2, 3], color: MUTED, aria: false};
  const names = axis === "x"
    ? {
      mark: {type: "text", align: "right", baseline: "bottom", dx: 10},
      encoding: {x: place, y: {field: "place", type: "quantitative", scale: null}, text},
    }
    : {mark: {type: "text", align: "left", baseline: "middle"}, encoding: {x: {value: WIDTH + 5}, y: place, text}};
  return [
    {
      ...base, transform: [...base.transform, {filter: "!datum.far"}],
      mark: lineOver, encoding: {[axis]: place, [other]: null},
    },
    {...base, ...names},
  ];
}
