'use strict';
const $ = id => document.getElementById(id);
const main = document.querySelector('main'), form = $('controls');
const tiles = Array.from(main.children, figure => {
  const { p, q, l, s } = figure.dataset, name = figure.querySelector('bdi');
  return {
    figure, quoted: q, path: p ?? name.textContent, label: l ?? '', score: Number(s ?? -1), failed: l === undefined,
    text: (name.textContent + ' ' + Array.from(figure.querySelectorAll('p'), line => line.textContent).join(' ')).toLowerCase(),
  };
});
// In the order asked for; and those of them that fit.
let order = tiles, shown = tiles;

// What a POSIX shell reads as one word.
function quote({ path, quoted }) {
  if (quoted) return quoted;
  const safe = path.startsWith('-') ? './' + path : path;
  return /^[\w@%+=:,./-]+$/.test(safe) ? safe : "'" + safe.replaceAll("'", "'\\''") + "'";
}

function labels() {
  const counts = new Map();
  for (const { label, failed } of tiles) if (!failed) counts.set(label, (counts.get(label) ?? 0) + 1);
  const sorted = Array.from(counts).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  $('label').append(...sorted.map(([label, count]) => new Option((label || 'no label') + ' (' + count + ')', '=' + label)));
}

const by = {
  given: () => 0,
  sure: (a, b) => b.score - a.score,
  unsure: (a, b) => a.score - b.score,
  label: (a, b) => (a.label < b.label ? -1 : a.label > b.label ? 1 : b.score - a.score),
  path: (a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0),
};

function filter() {
  const words = $('text').value.toLowerCase(), label = $('label').value, state = $('state').value;
  const from = Number($('from').value || 0) / 100, to = Number($('to').value || 100) / 100;
  const fits = tile =>
    tile.text.includes(words) &&
    (!label || (!tile.failed && '=' + tile.label === label)) &&
    (!state || (state === 'failed') === tile.failed) &&
    (tile.failed ? from === 0 && to === 1 : tile.score >= from && tile.score <= to);
  shown = order.filter(fits);
  $('count').value = shown.length.toLocaleString() + ' of ' + tiles.length.toLocaleString();
  draw();
}

function sort() {
  order = tiles.slice().sort(by[$('order').value]);
  filter();
}

// Only the tiles near what is seen are in the document: thousands would be slow to scroll.
function draw(all = false) {
  const style = getComputedStyle(main), columns = style.gridTemplateColumns.split(' ').length;
  const height = parseFloat(style.gridAutoRows) + parseFloat(style.rowGap);
  const rows = Math.ceil(shown.length / columns), top = scrollY - main.offsetTop;
  const row = at => Math.min(Math.max(at, 0), rows);
  const first = all ? 0 : row(Math.floor(top / height) - 3), last = all ? rows : row(Math.ceil((top + innerHeight) / height) + 3);
  main.style.paddingTop = `calc(1rem + ${first * height}px)`;
  main.style.paddingBottom = `calc(1rem + ${(rows - last) * height}px)`;
  const part = shown.slice(first * columns, last * columns);
  part.forEach(picture);
  main.replaceChildren(...part.map(tile => tile.figure));
}

// The small picture is text until it is seen first.
function picture(tile) {
  const text = tile.figure.querySelector('noscript');
  if (!text) return;
  const image = new Image(), source = text.textContent;
  image.alt = '';
  image.src = source.slice(source.indexOf('data:'), source.lastIndexOf('"'));
  text.replaceWith(image);
}

async function copy() {
  const paths = shown.map(quote).join('\n');
  try {
    await navigator.clipboard.writeText(paths);
  } catch {
    const area = document.createElement('textarea');
    area.value = paths;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
  $('copy').textContent = 'copied ' + shown.length.toLocaleString();
  setTimeout(() => { $('copy').textContent = 'copy these paths'; }, 1500);
}

labels();
form.hidden = false;
form.addEventListener('input', event => (event.target.id === 'order' ? sort() : filter()));
form.addEventListener('submit', event => event.preventDefault());
$('copy').addEventListener('click', copy);
addEventListener('keydown', event => {
  if (event.key === '/' && event.target === document.body) {
    event.preventDefault();
    $('text').focus();
  }
});
let waits = false;
function redraw() {
  if (waits) return;
  waits = true;
  requestAnimationFrame(() => { waits = false; draw(); });
}
addEventListener('scroll', redraw, { passive: true });
addEventListener('resize', redraw);
addEventListener('beforeprint', () => draw(true));
addEventListener('afterprint', redraw);
filter();
