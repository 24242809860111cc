/**
 * Runs in the page, before {@link ROW_VIEW_SCRIPT}: reads the blocks of `rowBlocks`, finds and orders rows. It knows no
 * document, so that tests run it alone. Plain script, without template strings.
 */
export const ROW_MODEL_SCRIPT = String.raw`
const TEXT = 0, KEY = 1, HUMAN = 2, DISAGREEMENT = 3, DOUBT = 4, HEAD = 5;
const LABEL = 0, SURE = 1, TAGS = 2, SENTENCE = 3, STATUS = 4, EACH = 5;
const MISSING = -1, UNASKED = -2, ABSTAINED = -3;

/* The place of one rater's field in a row. */
function place(rater, field) {
  return HEAD + rater * EACH + field;
}

/* Rows as flat lists, each repeated sentence put back in place of its number. */
function readRows(meta, blocks) {
  const sentences = [];
  const rows = [];
  for (const block of blocks) {
    for (const row of block) {
      for (let rater = 0; rater < meta.raters.length; rater++) {
        for (let field = SENTENCE; field <= STATUS; field++) {
          const at = place(rater, field);
          const value = row[at];
          if (typeof value === 'number') row[at] = sentences[value];
          else if (sentences.length < meta.sentences) sentences.push(value);
        }
      }
      rows.push(row);
    }
  }
  return rows;
}

function labelName(meta, code) {
  if (code >= 0) return meta.labels[code];
  return code === UNASKED ? 'no text' : code === ABSTAINED ? 'left open' : 'no label';
}

function tagNames(meta, mask) {
  return mask < 0 ? [] : meta.tags.filter((name, tag) => (mask & (1 << tag)) !== 0);
}

function models(meta) {
  return meta.raters.flatMap((rater, at) => (rater.ensemble ? [] : [at]));
}

/* What "Show" offers. */
function filtersOf(meta) {
  const some = (test) => (row) => models(meta).some((rater) => test(row, row[place(rater, LABEL)], rater));
  const wrong = (row, rater) => {
    const label = row[place(rater, LABEL)];
    return row[HUMAN] >= 0 && label !== UNASKED && label !== row[HUMAN];
  };
  const filters = [{ id: 'all', name: 'all rows', test: () => true }];
  if (models(meta).length > 1) filters.push({ id: 'differ', name: 'models differ', test: (row) => row[DISAGREEMENT] > 0 });
  filters.push({ id: 'failed', name: 'failed answers', test: some((row, label) => label === MISSING) });
  filters.push({
    id: 'status',
    name: 'status other than ok',
    test: some((row, label, rater) => row[place(rater, STATUS)] !== 'ok' && row[place(rater, STATUS)] !== ''),
  });
  meta.labels.forEach((name, code) => {
    filters.push({ id: 'label' + code, name: 'said ' + name, test: some((row, label) => label === code) });
  });
  if (meta.human) {
    filters.push({ id: 'wrong', name: 'a model contradicts people', test: some((row, label, rater) => wrong(row, rater)) });
    meta.raters.forEach((rater, at) => {
      filters.push({ id: 'wrong' + at, name: rater.name + ' contradicts people', test: (row) => wrong(row, at) });
    });
    filters.push({ id: 'unlabelled', name: 'not labelled by people', test: (row) => row[HUMAN] < 0 });
  }
  return filters;
}

/* What "Sort by" offers; a key is a number, NaN for none, which stands last either way. */
function sortsOf(meta) {
  const sorts = [{ id: 'row', name: 'row', key: (row, at) => at, falling: false }];
  sorts.push({ id: 'doubt', name: 'doubt (differ, failed, unsure)', key: (row) => row[DOUBT], falling: true });
  if (models(meta).length > 1) sorts.push({ id: 'differ', name: 'disagreement', key: (row) => row[DISAGREEMENT], falling: true });
  const code = (value) => (value < 0 ? NaN : value);
  if (meta.human) sorts.push({ id: 'human', name: 'label by people', key: (row) => code(row[HUMAN]), falling: false });
  meta.raters.forEach((rater, at) => {
    sorts.push({ id: 'label' + at, name: rater.name + ': label', key: (row) => code(row[place(at, LABEL)]), falling: false });
    if (!rater.confidence) return;
    const sure = (row) => (row[place(at, SURE)] === null ? NaN : row[place(at, SURE)]);
    sorts.push({ id: 'sure' + at, name: rater.name + ': confidence', key: sure, falling: false });
  });
  return sorts;
}

/* All that can be searched in a row, in small letters. */
function searchText(meta, row, at) {
  const parts = ['#' + (at + 1), row[KEY], row[TEXT]];
  if (row[HUMAN] >= 0) parts.push(meta.labels[row[HUMAN]]);
  for (let rater = 0; rater < meta.raters.length; rater++) {
    parts.push(labelName(meta, row[place(rater, LABEL)]), row[place(rater, SENTENCE)], row[place(rater, STATUS)]);
    parts.push(...tagNames(meta, row[place(rater, TAGS)]));
  }
  return parts.join('\n').toLowerCase();
}

/* Indexes of the rows that pass the filter and hold every word, in order. */
function selectRows(meta, rows, texts, wanted) {
  const words = wanted.search.toLowerCase().split(/\s+/).filter((word) => word !== '');
  const found = [];
  for (let at = 0; at < rows.length; at++) {
    if (!wanted.filter.test(rows[at])) continue;
    if (words.length > 0) {
      texts[at] ??= searchText(meta, rows[at], at);
      if (!words.every((word) => texts[at].includes(word))) continue;
    }
    found.push(at);
  }
  const keys = new Float64Array(rows.length);
  for (const at of found) keys[at] = wanted.sort.key(rows[at], at);
  const sign = wanted.falling ? -1 : 1;
  return found.sort((a, b) => {
    const lost = Number(Number.isNaN(keys[a])) - Number(Number.isNaN(keys[b]));
    if (lost !== 0) return lost;
    return sign * (keys[a] - keys[b]) || a - b;
  });
}
`;
