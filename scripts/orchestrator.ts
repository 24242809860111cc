// %% [markdown]
// # Orchestrator
//
// From a table of profiles to one label for each, step by step: load the config, show the models, score, compare, vote, save, sum up.
//
// As a script it runs with `npm run orchestrator`, on the 40 profiles of `data/sample.csv` and with the models that ship with this
// repository. As a notebook it wants a TypeScript kernel ([how](notebook/README.md)). The notebook is made from the script.

// %%
import { existsSync } from 'node:fs';
import process from 'node:process';
import {
  compareResults,
  loadConfig,
  MultiModelBatchProcessor,
  readRows,
  renderComparison,
  voteOnRows,
} from '../src/index.js';

// A notebook starts in its own folder, the script in that of the repository.
if (!existsSync('config')) process.chdir('..');

const CONFIG = 'config/config.yaml';
const INPUT = 'data/sample.csv';
const OUTPUT = 'results.csv';

// %% [markdown]
// ## 1. Load the config
//
// It is checked as a whole and frozen. A mistake in it is an error with file, line and key, before anything is loaded.

// %%
const config = await loadConfig(CONFIG);

console.log(`Text column: ${config.data.dataset_column}`);
console.log(`Fields of an answer: ${config.output.fields.map((field) => field.name).join(', ')}`);

// %% [markdown]
// ## 2. Show the models
//
// Those with `enabled: true` run, one after the other; each in processes of its own, whose end gives the memory back.

// %%
const processor = new MultiModelBatchProcessor(config);

console.log(processor.getModelSummary());

// %% [markdown]
// ## 3. Score
//
// Rows in memory in, rows in memory out: the same keys, and behind them those of each model. A table that does not fit into memory
// is for `processor.processCsv`, which also keeps a journal and can be resumed.

// %%
const rows = await readRows(INPUT);
const scored = await processor.processRows(rows);

console.log(`${scored.length} rows. Columns that were added:`);
for (const name of Object.keys(scored[0]!)) if (!(name in rows[0]!)) console.log(`  ${name}`);

// %% [markdown]
// What the first model says of some rows. A row that has no label says why in its status; nothing is ever filled in.

// %%
const [first] = config.getEnabledModels();

for (const row of scored.slice(0, 10)) {
  const said = (field: string) => row[`ai_${first!.name}_${field}`] ?? '';
  console.log(
    `${row['profile_id']}  ${String(said('flag')).padEnd(5)} ${said('status')}  ${said('tags')}`.trimEnd(),
  );
}

// %% [markdown]
// ## 4. Compare
//
// How far the models agree, beyond what chance would give, with bootstrap intervals. It does not say who is right: for that, label
// some rows and call `evaluateResults`.

// %%
const comparison = await compareResults(config, scored);

console.log(renderComparison(comparison).trimEnd());

// %% [markdown]
// The rows on which the models differ are the ones to look at.

// %%
for (const { row, labels } of comparison.disputedRows) {
  const said = Object.entries(labels).map(([name, label]) => `${name} says ${label ?? 'nothing'}`);
  console.log(`${scored[row - 1]!['profile_id']}: ${said.join(', ')}`);
}

// %% [markdown]
// ## 5. Vote
//
// One label from all models. Two models tie whenever they differ; here the surer one then decides. `ensemble` in the config, or as an
// option of `processRows`, does the same in one go.

// %%
const voted = await voteOnRows(config, scored, { method: 'majority', ties: 'confident' });

const counts = new Map<unknown, number>();
for (const row of voted) counts.set(row['ensemble_flag'], (counts.get(row['ensemble_flag']) ?? 0) + 1);
for (const [flag, count] of counts) console.log(`${flag ?? '(no text, no vote)'}: ${count}`);

// %% [markdown]
// ## 6. Save
//
// In the format that the ending tells. Commas, quotes and line breaks in a profile are safe, and a model's text cannot become a
// formula of a spreadsheet.

// %%
await processor.writeRows(OUTPUT, voted);

console.log(`${voted.length} rows -> ${OUTPUT}`);

// %% [markdown]
// ## 7. Summary

// %%
console.log(processor.getModelSummary());
console.log(`Models agree on ${((comparison.agreement.value ?? 0) * 100).toFixed(1)}% of the rows.`);
