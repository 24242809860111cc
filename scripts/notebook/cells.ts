/** The parts of a Jupyter notebook (nbformat 4.5) that are read and written here. */
export interface Notebook {
  readonly cells: readonly Cell[];
  readonly metadata: object;
  readonly nbformat: 4;
  readonly nbformat_minor: 5;
}

export type Cell = MarkdownCell | CodeCell;

export interface MarkdownCell {
  readonly cell_type: 'markdown';
  readonly id: string;
  readonly metadata: object;
  readonly source: readonly string[];
}

export interface CodeCell {
  readonly cell_type: 'code';
  readonly id: string;
  readonly metadata: object;
  readonly source: readonly string[];
  readonly execution_count: number | null;
  readonly outputs: readonly Output[];
}

export interface Output {
  readonly output_type: string;
  readonly name?: string;
  readonly text?: string | readonly string[];
}

const MARK = /^\/\/ %%( \[markdown\])?$/;

/**
 * The notebook of a script in the percent format (`// %%` begins a code cell, `// %% [markdown]` one whose comments are
 * text), without outputs. The script imports the sources, the notebook what was built from them.
 */
export function notebookOf(script: string): Notebook {
  const cells: Cell[] = [];
  let lines: string[] = [];
  let isText: boolean | undefined;
  const close = () => {
    if (isText === undefined) {
      if (lines.some((line) => line.trim() !== '')) throw new Error('The script begins without // %%.');
      return;
    }
    const id = `step-${cells.length + 1}`;
    const text = isText ? lines.map((line) => line.replace(/^\/\/ ?/, '')) : lines;
    const source = linesOf(text.join('\n').trim().replaceAll("'../src/index.js'", "'../dist/src/index.js'"));
    cells.push(
      isText
        ? { cell_type: 'markdown', id, metadata: {}, source }
        : { cell_type: 'code', id, metadata: {}, source, execution_count: null, outputs: [] },
    );
  };
  for (const line of script.split('\n')) {
    const mark = MARK.exec(line);
    if (mark === null) {
      lines.push(line);
      continue;
    }
    close();
    lines = [];
    isText = mark[1] !== undefined;
  }
  close();
  return {
    cells,
    metadata: {
      kernelspec: { display_name: 'Deno', language: 'typescript', name: 'deno' },
      language_info: { file_extension: '.ts', mimetype: 'text/x.typescript', name: 'typescript' },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
}

/** What the code of a notebook printed, from the first cell to the last. @throws Error for any other kind of output */
export function printedBy(notebook: Notebook): string {
  return notebook.cells.flatMap((cell) => (cell.cell_type === 'code' ? [printedByCell(cell)] : [])).join('');
}

/** The notebook with what the same cells of an executed one printed. Nothing else of the execution is kept. */
export function withOutputs(notebook: Notebook, executed: Notebook): Notebook {
  let count = 0;
  const cells = notebook.cells.map((cell, at): Cell => {
    const ran = executed.cells[at];
    if (cell.cell_type !== 'code' || ran?.cell_type !== 'code') return cell;
    const text = linesOf(printedByCell(ran));
    const outputs = text.length === 0 ? [] : [{ output_type: 'stream', name: 'stdout', text }];
    count += 1;
    return { ...cell, execution_count: count, outputs };
  });
  return { ...notebook, cells };
}

function printedByCell(cell: CodeCell): string {
  return cell.outputs
    .map(({ output_type, name, text }) => {
      if (output_type === 'stream' && name === 'stdout')
        return typeof text === 'string' ? text : text!.join('');
      throw new Error(`The cell ${cell.id} has an output of another kind: ${output_type} ${name ?? ''}`);
    })
    .join('');
}

/** As nbformat has them: each with its line break but for the last. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}
