import { TextDecoder } from 'node:util';
import { SaxesParser } from 'saxes';
import { RunScoringError } from '../../foundation/errors.js';

/** No part of a workbook nests deeper by far. */
const MAX_DEPTH = 64;
/** Of one tag or one stretch of text. A cell of a sheet holds 32,767 characters at most. */
const MAX_PIECE = 4 * 1024 * 1024;

export interface XmlHandlers {
  /** Names stand without their prefix, and so do those of attributes. */
  open(name: string, attributes: ReadonlyMap<string, string>): void;
  text?(text: string): void;
  close?(name: string): void;
}

/**
 * Reads XML piece by piece in bounded memory; between two chunks, what the handlers gathered can be handed on. A document type
 * is refused, so that no entity can grow.
 * @throws RunScoringError INPUT_DAMAGED
 */
export async function* readXml(
  chunks: AsyncIterable<Uint8Array>,
  handlers: XmlHandlers,
  file: string,
): AsyncGenerator<void, void, undefined> {
  const parser = new SaxesParser({ xmlns: false, position: false });
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let depth = 0;
  let sinceEvent = 0;
  const fail = () => {
    throw new RunScoringError('INPUT_DAMAGED', 'The file is no whole XLSX workbook.', { at: { file } });
  };
  parser.on('error', fail);
  parser.on('doctype', fail);
  parser.on('opentag', (tag) => {
    sinceEvent = 0;
    depth += 1;
    if (depth > MAX_DEPTH) fail();
    const attributes = new Map<string, string>();
    for (const name of Object.keys(tag.attributes)) attributes.set(localName(name), tag.attributes[name]!);
    handlers.open(localName(tag.name), attributes);
  });
  parser.on('text', (text) => {
    sinceEvent = 0;
    handlers.text?.(text);
  });
  parser.on('cdata', (text) => {
    sinceEvent = 0;
    handlers.text?.(text);
  });
  parser.on('closetag', (tag) => {
    sinceEvent = 0;
    depth -= 1;
    handlers.close?.(localName(tag.name));
  });
  const write = (text: string) => {
    sinceEvent += text.length;
    parser.write(text);
    if (sinceEvent > MAX_PIECE) fail();
  };
  for await (const chunk of chunks) {
    write(decode(decoder, chunk, fail));
    yield;
  }
  write(decode(decoder, undefined, fail));
  parser.close();
  yield;
}

/** Reads a whole part for what its handlers gather. */
export async function readWholeXml(
  chunks: AsyncIterable<Uint8Array>,
  handlers: XmlHandlers,
  file: string,
): Promise<void> {
  for await (const _ of readXml(chunks, handlers, file));
}

function decode(decoder: TextDecoder, chunk: Uint8Array | undefined, fail: () => void): string {
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch {
    fail();
    return '';
  }
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
