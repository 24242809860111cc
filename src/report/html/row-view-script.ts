/**
 * Runs in the page: shows the rows that are in sight and no others, so that large tables stay quick. Text reaches the page
 * as text content only. Plain script, without template strings.
 */
export const ROW_VIEW_SCRIPT = String.raw`
(() => {
  const find = (id) => document.getElementById(id);
  const meta = JSON.parse(find('meta').textContent);
  const blocks = [...document.querySelectorAll('script.rows')].map((block) => {
    const rows = JSON.parse(block.textContent);
    block.remove();
    return rows;
  });
  const rows = readRows(meta, blocks);
  const texts = [];
  const filters = filtersOf(meta);
  const sorts = sortsOf(meta);
  const wanted = { search: '', filter: filters[0], sort: sorts[0], falling: false };
  const [view, grid, detail] = [find('view'), find('grid'), find('detail')];
  const [head, body] = [grid.tHead, grid.tBodies[0]];
  /* Browsers cannot place what lies further down than some ten million pixels: longer tables scroll faster. */
  const TALLEST = 6000000;
  const PRINTED = 300;
  const AROUND = 6;
  let found = [];
  let shown = new Map();
  let height = 0;
  let opened = -1;

  function make(name, content, className) {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (typeof content === 'string') element.textContent = content;
    else if (content) element.append(...content);
    return element;
  }
  const grouped = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, ',');

  function chip(code, sure) {
    const element = make('span', labelName(meta, code), 'chip ' + (code >= 0 ? 'chip-' + (code % 8) : 'chip-none'));
    return sure === null || code < 0 ? [element] : [element, ' ', make('span', sure.toFixed(2), 'sure')];
  }
  function opinion(row, rater) {
    const at = (field) => row[place(rater, field)];
    const status = at(STATUS);
    const line = make('div', chip(at(LABEL), at(SURE)), 'verdict');
    if (status !== '' && status !== 'ok') line.append(' ', make('span', status, 'status'));
    const parts = [line];
    const tags = tagNames(meta, at(TAGS));
    if (tags.length > 0) parts.push(make('div', tags.map((tag) => make('span', tag, 'tag')), 'tags'));
    if (at(SENTENCE)) {
      const sentence = make('div', at(SENTENCE), 'sentence');
      sentence.dir = 'auto';
      parts.push(sentence);
    }
    return parts;
  }
  function text(row, className) {
    const element = make('div', row[TEXT] === '' ? 'no text' : row[TEXT], row[TEXT] === '' ? className + ' none' : className);
    element.dir = 'auto';
    return element;
  }

  function cell(kind, className, content, label) {
    const element = make(kind, [make('div', content, 'cell')], className);
    element.setAttribute('role', kind === 'th' ? 'rowheader' : 'cell');
    if (label) element.dataset.label = label;
    return element;
  }
  function drawRow(place) {
    const at = found[place];
    const row = rows[at];
    const line = make('tr', null, 'row');
    line.setAttribute('role', 'row');
    line.setAttribute('aria-rowindex', String(place + 2));
    line.dataset.place = String(place);
    const open = make('button', grouped(at + 1), 'open');
    open.type = 'button';
    open.setAttribute('aria-label', 'Row ' + (at + 1) + ', read in full');
    const first = [open];
    if (meta.keys) first.push(make('div', row[KEY], 'key'));
    line.append(cell('th', 'number', first));
    if (meta.texts) line.append(cell('td', 'text', [text(row, 'clamp')]));
    if (meta.human) line.append(cell('td', 'human', row[HUMAN] < 0 ? '–' : chip(row[HUMAN], null), 'people'));
    meta.raters.forEach((rater, index) => line.append(cell('td', kindOf(rater), opinion(row, index), rater.name)));
    return line;
  }
  const kindOf = (rater) => (rater.ensemble ? 'vote' : 'rater');
  function spacer() {
    const line = make('tr', [make('td')], 'spacer');
    line.setAttribute('aria-hidden', 'true');
    return line;
  }
  const [above, below] = [spacer(), spacer()];

  function measure() {
    if (found.length === 0) return;
    const probe = shown.values().next().value ?? drawRow(0);
    const added = !probe.isConnected;
    if (added) body.append(probe);
    height = probe.getBoundingClientRect().height || 100;
    if (added) probe.remove();
  }
  function frame() {
    const real = found.length * height;
    const total = Math.min(real, TALLEST);
    const room = Math.max(1, view.clientHeight - head.offsetHeight);
    const factor = real > total ? (real - room) / (total - room) : 1;
    const seen = view.scrollTop * factor;
    const from = Math.max(0, Math.min(found.length, Math.floor(seen / height)) - AROUND);
    const to = Math.min(found.length, Math.ceil((seen + room) / height) + AROUND);
    const top = Math.max(0, Math.min(view.scrollTop - (seen - from * height), total - (to - from) * height));
    return { from, to, total, top, factor };
  }
  function draw() {
    const { from, to, total, top } = frame();
    for (const [place, line] of shown) {
      if (place >= from && place < to) continue;
      if (line.contains(document.activeElement)) view.focus({ preventScroll: true });
      line.remove();
      shown.delete(place);
    }
    let before = above;
    for (let place = from; place < to; place++) {
      let line = shown.get(place);
      if (line === undefined) {
        line = drawRow(place);
        shown.set(place, line);
        before.after(line);
      }
      before = line;
    }
    above.style.height = top + 'px';
    below.style.height = Math.max(0, total - top - (to - from) * height) + 'px';
  }
  function restart() {
    shown = new Map();
    body.replaceChildren(above, below);
    measure();
    draw();
  }
  function show(place) {
    const { factor } = frame();
    const room = view.clientHeight - head.offsetHeight;
    const top = place * height;
    const seen = view.scrollTop * factor;
    if (top < seen) view.scrollTop = top / factor;
    else if (top + height > seen + room) view.scrollTop = (top + height - room) / factor;
    draw();
  }
  function choose() {
    found = selectRows(meta, rows, texts, wanted);
    find('found').textContent = grouped(found.length) + ' of ' + grouped(rows.length) + (rows.length === 1 ? ' row' : ' rows');
    grid.setAttribute('aria-rowcount', String(found.length + 1));
    find('direction').textContent = wanted.falling ? '↓' : '↑';
    find('direction').setAttribute('aria-pressed', String(wanted.falling));
    find('sort').value = wanted.sort.id;
    for (const title of head.querySelectorAll('th')) {
      const mine = title.dataset.sorts?.split(' ').includes(wanted.sort.id);
      if (mine) title.setAttribute('aria-sort', wanted.falling ? 'descending' : 'ascending');
      else title.removeAttribute('aria-sort');
    }
    view.scrollTop = 0;
    restart();
  }
  function sortBy(id) {
    const sort = sorts.find((each) => each.id === id);
    wanted.falling = sort === wanted.sort ? !wanted.falling : sort.falling;
    wanted.sort = sort;
    choose();
  }

  function title(name, className, ids) {
    const element = make('th', null, className);
    element.setAttribute('role', 'columnheader');
    const known = ids.filter((id) => sorts.some((sort) => sort.id === id));
    if (known.length === 0) element.textContent = name;
    else {
      const button = make('button', name);
      button.type = 'button';
      button.addEventListener('click', () => sortBy(known[0]));
      element.dataset.sorts = known.join(' ');
      element.append(button);
    }
    return element;
  }
  function drawHead() {
    const line = make('tr');
    line.setAttribute('role', 'row');
    line.append(title('row', 'number', ['row']));
    if (meta.texts) line.append(title('text', 'text', []));
    if (meta.human) line.append(title('people', 'human', ['human']));
    meta.raters.forEach((rater, at) => line.append(title(rater.name, kindOf(rater), ['sure' + at, 'label' + at])));
    head.replaceChildren(line);
    grid.classList.add('raters-' + Math.min(6, models(meta).length));
    if (!meta.texts) grid.classList.add('without-text');
  }

  function open(place) {
    opened = place;
    const at = found[place];
    const row = rows[at];
    find('detail-title').textContent = 'Row ' + grouped(at + 1) + (meta.keys ? ', ' + row[KEY] : '');
    const parts = [];
    if (meta.texts) parts.push(text(row, 'whole'));
    if (meta.human) parts.push(make('p', ['By people: ', ...(row[HUMAN] < 0 ? ['–'] : chip(row[HUMAN], null))]));
    const cards = meta.raters.map((rater, index) => make('section', [make('h4', rater.name), ...opinion(row, index)]));
    parts.push(make('div', cards, 'opinions'));
    find('detail-body').replaceChildren(...parts);
    find('previous').disabled = place === 0;
    find('next').disabled = place === found.length - 1;
    if (!detail.open) detail.showModal();
  }
  function turn(by) {
    const place = opened + by;
    if (place >= 0 && place < found.length) open(place);
  }

  body.addEventListener('click', (event) => {
    const line = event.target.closest('tr.row');
    if (line === null || (!event.target.closest('button') && !getSelection().isCollapsed)) return;
    open(Number(line.dataset.place));
  });
  body.addEventListener('keydown', (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const line = event.target.closest('tr.row');
    if (by === undefined || line === null) return;
    const place = Number(line.dataset.place) + by;
    if (place < 0 || place >= found.length) return;
    event.preventDefault();
    show(place);
    shown.get(place)?.querySelector('button').focus({ preventScroll: true });
  });
  detail.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowLeft') turn(-1);
    if (event.key === 'ArrowRight') turn(1);
  });
  detail.addEventListener('close', () => {
    if (opened < 0 || opened >= found.length) return;
    show(opened);
    shown.get(opened)?.querySelector('button').focus({ preventScroll: true });
  });
  find('previous').addEventListener('click', () => turn(-1));
  find('next').addEventListener('click', () => turn(1));
  find('close').addEventListener('click', () => detail.close());
  find('direction').addEventListener('click', () => sortBy(wanted.sort.id));

  let waiting;
  find('search').addEventListener('input', (event) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      wanted.search = event.target.value;
      choose();
    }, 120);
  });
  document.querySelector('form.controls').addEventListener('submit', (event) => event.preventDefault());
  for (const filter of filters) find('filter').append(new Option(filter.name, filter.id));
  for (const sort of sorts) find('sort').append(new Option(sort.name, sort.id));
  find('filter').addEventListener('change', (event) => {
    wanted.filter = filters.find((each) => each.id === event.target.value);
    choose();
  });
  find('sort').addEventListener('change', (event) => sortBy(event.target.value));

  let drawing = false;
  view.addEventListener('scroll', () => {
    if (drawing) return;
    drawing = true;
    requestAnimationFrame(() => {
      drawing = false;
      draw();
    });
  });
  let width = 0;
  new ResizeObserver(() => {
    if (printing) return;
    if (view.clientWidth !== width) {
      width = view.clientWidth;
      const first = Math.floor((view.scrollTop * frame().factor) / (height || 1));
      restart();
      if (first > 0 && first < found.length) view.scrollTop = (first * height) / frame().factor;
    }
    draw();
  }).observe(view);

  /* On paper the first rows of the choice stand in full; nothing scrolls there. */
  let printing = false;
  addEventListener('beforeprint', () => {
    printing = true;
    const lines = found.slice(0, PRINTED).map((at, place) => drawRow(place));
    const left = found.length - lines.length;
    body.replaceChildren(...lines);
    if (left > 0) {
      const note = make('td', 'and ' + grouped(left) + ' more: search or filter before printing');
      note.colSpan = 100;
      body.append(make('tr', [note], 'more'));
    }
  });
  addEventListener('afterprint', () => {
    printing = false;
    restart();
  });

  find('browser').hidden = false;
  drawHead();
  choose();
})();
`;
