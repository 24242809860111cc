import { createHash } from 'node:crypto';
import { access, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  DecoderNames,
  decoderFileName,
  type Quantization,
  type WeightFormat,
} from '../checkpoint/decoder-contract.js';
import { Engine } from '../engine/engine.js';
import { RunScoringError } from '../foundation/errors.js';
import { compileGrammar } from '../grammar/compile-grammar.js';
import type { OutputField } from '../grammar/output-field.js';
import type { TokenBytes, TokenTables } from '../grammar/token-tables.js';
import { unconstrainedTables } from '../grammar/unconstrained-tables.js';
import { DataType, decodeModel } from '../onnx/proto.js';
import { MAX_ROTARY_POSITIONS } from '../onnx/rotary-cache.js';
import type { PromptParts } from '../prompt/build-messages.js';
import { fileDigest } from './file-digest.js';
import { externalDataFiles, type GenerationGraphFile, generationGraphFile } from './generation-cache.js';
import { cachedGrammar } from './grammar-cache.js';
import { OnnxModelRunner } from './onnx-model-runner.js';
import { openSession, SMALLEST_SHARED_BYTES } from './open-session.js';
import { type ProcessorPlan, planProcessors } from './processor-plan.js';
import { availableMemory, usableThreads } from './processors.js';
import { PromptTokenizer, readTokenizerFiles } from './prompt-tokenizer.js';
import { type KnownDigests, verifyBlobs, verifyChecksums } from './verify-checksums.js';

export interface EngineRequest {
  /** Local folder with tokenizer.json and onnx/. */
  readonly folder: string;
  /** undefined: whichever the folder holds, 8-bit first. */
  readonly quantization: Quantization | undefined;
  readonly fields: readonly OutputField[];
  readonly constrained: boolean;
  readonly prompt: PromptParts;
  readonly maxInputTokens: number;
  readonly maxNewTokens: number;
  readonly batchSize: number | 'auto';
  readonly device: 'auto' | 'cpu' | 'cuda';
  /** As decided before for the same model; null or none: decided here. */
  readonly plan?: ProcessorPlan | null;
}

export interface LoadedEngine {
  readonly engine: Engine;
  readonly encoder: PromptTokenizer;
  readonly plan: ProcessorPlan;
  readonly quantization: WeightFormat;
  readonly executionProvider: string;
  /** SHA-256 over everything in the folder that decides the output. */
  readonly fingerprint: string;
  /** Lines for a person. */
  readonly notes: readonly string[];
  dispose(): Promise<void>;
}

/** Loads tokenizer, grammar and generation graph of a model folder, and computes the shared prefix. */
export async function loadEngine(request: EngineRequest): Promise<LoadedEngine> {
  const { folder } = request;
  const { path: decoderPath, quantization } = await findDecoder(folder, request.quantization, request.device);
  const digests = await verifyChecksums(folder);
  const dataPaths = await dataFiles(decoderPath);
  const inFolder = (name: string): string => join(folder, name);
  const tokenizerPaths = ['tokenizer.json', 'tokenizer_config.json'].map(inFolder);
  await verifyBlobs(
    [
      decoderPath,
      ...dataPaths,
      ...tokenizerPaths,
      ...['config.json', 'generation_config.json'].map(inFolder),
    ],
    digests,
  );
  const decoderDigest = await digestOf([decoderPath, ...dataPaths], digests);
  const fingerprint = createHash('sha256')
    .update(decoderDigest)
    .update(await digestOf(tokenizerPaths, digests))
    .digest('hex');

  const files = await readTokenizerFiles(folder);
  const eosIds = await endTokens(folder, files.tokenizer, files.config);
  const graph = await generationGraphFile(folder, decoderPath, decoderDigest);
  const tables = await grammarTables(request, files.tokenizer, graph.vocabSize, eosIds, fingerprint);
  const contextLength = await readContextLength(folder);
  const reserve = Math.min(request.maxNewTokens, tables.maxTokens, Math.floor(contextLength / 2));
  const transformers = await import('@huggingface/transformers');
  const encoder = new PromptTokenizer(transformers, files, request.prompt, {
    maxInputTokens: Math.min(request.maxInputTokens, contextLength - reserve),
    forcedOpening: tables.forcedOpening,
    folder,
  });
  encoder.vocabularyBytes(graph.vocabSize);

  const weightBytes = await totalBytes([decoderPath, ...dataPaths]);
  const plan = request.plan ?? decidePlan(request, graph, weightBytes);
  const runtime = await import('onnxruntime-node');
  const executionProvider = request.device === 'cuda' ? 'cuda' : 'cpu';
  const session = await openSession(runtime, {
    graphPath: graph.path,
    device: executionProvider,
    threads: plan.threads,
    shared: plan.replicas > 1 && weightBytes >= SMALLEST_SHARED_BYTES,
  });
  const runner = new OnnxModelRunner(runtime, session, graph, tables);
  const engine = new Engine(runner, {
    tables,
    eosIds,
    maxNewTokens: request.maxNewTokens,
    contextLength,
    slots: plan.slots,
  });
  await engine.setPrefix(encoder.sharedPrefix());
  return {
    engine,
    encoder,
    plan,
    quantization,
    executionProvider,
    fingerprint,
    notes: encoder.note === null ? [] : [encoder.note],
    dispose: () => runner.dispose(),
  };
}

/** The tokenizer alone, for counting and showing prompts without weights. */
export async function loadEncoder(
  request: Pick<EngineRequest, 'folder' | 'fields' | 'constrained' | 'prompt' | 'maxInputTokens'>,
): Promise<PromptTokenizer> {
  const files = await readTokenizerFiles(request.folder);
  const vocabulary = await readVocabulary(request.folder, files.tokenizer, files.config);
  const tables = request.constrained
    ? compileGrammar(request.fields, vocabulary)
    : unconstrainedTables(vocabulary);
  const transformers = await import('@huggingface/transformers');
  return new PromptTokenizer(transformers, files, request.prompt, {
    maxInputTokens: request.maxInputTokens,
    forcedOpening: tables.forcedOpening,
    folder: request.folder,
  });
}

async function readVocabulary(
  folder: string,
  tokenizer: Awaited<ReturnType<typeof readTokenizerFiles>>['tokenizer'],
  config: Record<string, unknown>,
): Promise<TokenBytes> {
  const { tokenBytes } = await import('../checkpoint/token-bytes.js');
  const vocab = tokenizer.model?.vocab ?? {};
  const count = Array.isArray(vocab) ? vocab.length : Object.keys(vocab).length;
  const highest = Math.max(count, ...(tokenizer.added_tokens ?? []).map((added) => added.id + 1));
  return {
    tokens: tokenBytes(tokenizer, highest, join(folder, 'tokenizer.json')),
    eosIds: await endTokens(folder, tokenizer, config),
  };
}

/** Positions the model knows, as config.json says; the builder's rotary tables end there too. */
async function readContextLength(folder: string): Promise<number> {
  const text = await readFile(join(folder, 'config.json'), 'utf8').catch(() => '{}');
  const value = (JSON.parse(text) as { max_position_embeddings?: unknown }).max_position_embeddings;
  return Math.min(
    typeof value === 'number' && value > 0 ? value : MAX_ROTARY_POSITIONS,
    MAX_ROTARY_POSITIONS,
  );
}

async function findDecoder(
  folder: string,
  wanted: Quantization | undefined,
  device: EngineRequest['device'],
): Promise<{ path: string; quantization: WeightFormat }> {
  const unquantized: readonly WeightFormat[] = device === 'cuda' ? ['float16', 'none'] : ['none', 'float16'];
  const any: readonly WeightFormat[] =
    device === 'cuda' ? [...unquantized, '4bit', '8bit'] : ['8bit', 'none', '4bit', 'float16'];
  const order = wanted === undefined ? any : wanted === 'none' ? unquantized : [wanted];
  for (const quantization of order) {
    const path = join(folder, 'onnx', decoderFileName(quantization));
    const found = await access(path).then(
      () => true,
      () => false,
    );
    if (found && (quantization !== 'float16' || (await hasFloat32Cache(path)))) return { path, quantization };
  }
  throw new RunScoringError(
    'MODEL_FILE_MISSING',
    wanted === undefined
      ? 'The model folder holds no onnx/model*.onnx.'
      : `The model folder holds no ${wanted} decoder (onnx/${decoderFileName(wanted)}).`,
    { at: { file: folder } },
  );
}

/** Whether a decoder keeps its cache in float32, as the engine does. Other programs' float16 exports do not. */
async function hasFloat32Cache(path: string): Promise<boolean> {
  const { graph } = decodeModel(await readFile(path));
  const past = graph.input?.find((input) => input.name === DecoderNames.pastKey(0));
  return past?.type?.tensorType?.elemType === DataType.float32;
}

async function dataFiles(decoderPath: string): Promise<string[]> {
  try {
    return externalDataFiles(decodeModel(await readFile(decoderPath)), dirname(decoderPath));
  } catch (cause) {
    throw new RunScoringError('MODEL_FILE_DAMAGED', 'This ONNX file cannot be read.', {
      at: { file: decoderPath },
      cause,
    });
  }
}

async function digestOf(paths: readonly string[], known: KnownDigests): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(basename(path)).update(known.get(path) ?? (await fileDigest(path)));
  return hash.digest('hex');
}

/** Ids that end the turn: generation_config.json knows them all, config.json and the tokenizer at least one. */
async function endTokens(
  folder: string,
  tokenizer: { added_tokens?: readonly { id: number; content: string }[] },
  config: Record<string, unknown>,
): Promise<number[]> {
  const ids = new Set<number>();
  for (const name of ['generation_config.json', 'config.json']) {
    const text = await readFile(join(folder, name), 'utf8').catch(() => '{}');
    const value = (JSON.parse(text) as Record<string, unknown>)['eos_token_id'];
    for (const id of Array.isArray(value) ? value : [value]) if (typeof id === 'number') ids.add(id);
  }
  const token = config['eos_token'];
  const content = typeof token === 'string' ? token : (token as { content?: string } | null)?.content;
  const added = tokenizer.added_tokens?.find((candidate) => candidate.content === content);
  if (added !== undefined) ids.add(added.id);
  if (ids.size === 0) {
    throw new RunScoringError('MODEL_NO_END_TOKEN', 'The model names no end token (eos_token_id).', {
      at: { file: folder },
    });
  }
  return [...ids].sort((a, b) => a - b);
}

async function grammarTables(
  request: EngineRequest,
  tokenizer: Awaited<ReturnType<typeof readTokenizerFiles>>['tokenizer'],
  vocabSize: number,
  eosIds: readonly number[],
  fingerprint: string,
): Promise<TokenTables> {
  const { tokenBytes } = await import('../checkpoint/token-bytes.js');
  const vocabulary = {
    tokens: tokenBytes(tokenizer, vocabSize, join(request.folder, 'tokenizer.json')),
    eosIds,
  };
  if (!request.constrained) return unconstrainedTables(vocabulary);
  return cachedGrammar(request.folder, request.fields, vocabulary, fingerprint);
}

async function totalBytes(files: readonly string[]): Promise<number> {
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

function decidePlan(request: EngineRequest, graph: GenerationGraphFile, weightBytes: number): ProcessorPlan {
  const machine = {
    threads: request.device === 'cuda' ? 1 : usableThreads(),
    memoryBytes: availableMemory(),
    weightBytes,
  };
  if (request.batchSize !== 'auto') return planProcessors({ ...machine, slots: request.batchSize });
  // Each process gets as many rows as one alone would: that is where its products are at their best.
  const slots = automaticSlots(graph, machine.memoryBytes / machine.threads);
  const plan = planProcessors({ ...machine, slots: slots * machine.threads });
  return { ...plan, slots };
}

/** More rows side by side than this gain little on a CPU and wait longer for each other. */
const MOST_SLOTS = 32;
/** Tokens of its own that a row is expected to hold at most, for the estimate only. */
const EXPECTED_ROW_TOKENS = 512;

/** As many rows as fit half of the memory that is available, up to {@link MOST_SLOTS}. */
function automaticSlots(
  { numLayers, numKeyValueHeads, headDim, vocabSize }: GenerationGraphFile,
  memoryBytes: number,
): number {
  const cacheOfToken = 2 * 4 * numLayers * numKeyValueHeads * headDim;
  const row = 2 * cacheOfToken * EXPECTED_ROW_TOKENS + 4 * 4 * vocabSize;
  return Math.max(1, Math.min(MOST_SLOTS, Math.floor(memoryBytes / 2 / row)));
}
