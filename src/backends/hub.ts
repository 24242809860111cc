import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Quantization } from '../checkpoint/decoder-contract.js';
import { RunScoringError } from '../foundation/errors.js';
import { aliasOf } from './hub-aliases.js';
import { COMMIT, defaultCacheFolder, RepositoryCache } from './hub-cache.js';
import { HubClient, PUBLIC_HUB } from './hub-client.js';
import { downloadFile } from './hub-download.js';
import { isOutage } from './hub-errors.js';
import { cleanToken } from './hub-fetch.js';
import { chooseFiles, type FileChoice, type HubFile, SAFETENSORS_INDEX, shardsOf } from './hub-files.js';
import { readIndex, resolveLocal } from './local-model.js';
import type { ModelReference, ResolvedModel, ResolveOptions, WeightFile } from './model-reference.js';

export type { ModelReference, ResolvedModel, ResolveOptions } from './model-reference.js';

/**
 * Finds a model's files: a local folder as it is, a hub model through the shared cache, fetching what is missing.
 * @throws RunScoringError (MODEL_…)
 */
export async function resolveModel(model: ModelReference, options: ResolveOptions): Promise<ResolvedModel> {
  if (model.localPath !== null) return resolveLocal(model, model.localPath, options);
  const alias = aliasOf(model.modelId);
  if (alias !== undefined) options.note(`warning: the hub knows ${model.modelId} as ${alias}; using that`);
  const modelId = alias ?? model.modelId;
  const revision = model.revision ?? 'main';
  const cache = new RepositoryCache(options.cacheFolder ?? defaultCacheFolder(), modelId);
  const fromCache = async (): Promise<ResolvedModel | null> => {
    const commit = await cache.commitOf(revision);
    return commit === null ? null : findCached(cache, modelId, commit, model.quantization, options);
  };
  const say = (found: ResolvedModel, how: string): ResolvedModel => {
    const pin = revision === found.revision ? '' : ` (${revision})`;
    options.note(`${modelId}: hub, commit ${found.revision!.slice(0, 12)}${pin}, ${found.kind}, ${how}`);
    return found;
  };

  if (options.offline || process.env['HF_HUB_OFFLINE'] === '1') {
    const found = await fromCache();
    if (found !== null) return say(found, 'from the cache');
    throw new RunScoringError('MODEL_NOT_CACHED', `${modelId} is not in the cache, and the network is off.`, {
      at: { file: cache.folder },
      hint: 'Run "run-scoring fetch" once with the network on.',
    });
  }
  if (COMMIT.test(revision)) {
    const found = await fromCache();
    if (found !== null) return say(found, 'from the cache');
  }
  try {
    return say(await fetchModel(cache, modelId, revision, model.quantization, options), 'up to date');
  } catch (error) {
    const found = isOutage(error) ? await fromCache() : null;
    if (found === null) throw error;
    options.note(
      `warning: the hub cannot be asked [${(error as RunScoringError).code}]; using what was fetched before`,
    );
    return say(found, 'from the cache');
  }
}

/** A commit's files out of the cache, when all that are needed are there. */
async function findCached(
  cache: RepositoryCache,
  modelId: string,
  commit: string,
  quantization: Quantization | null,
  { withoutWeights = false }: ResolveOptions,
): Promise<ResolvedModel | null> {
  const present = new Set(await cache.list(commit));
  // By what the hub listed, so that the choice does not depend on what an earlier run happened to fetch.
  const listed = (await cache.readTree(commit))?.map((file) => file.path) ?? [...present];
  const folder = cache.snapshot(commit);
  try {
    const choice = chooseFiles(modelId, listed, quantization ?? undefined);
    const shards = choice.sharded && !withoutWeights ? shardsOf(await readIndex(folder), modelId) : [];
    const wanted = withoutWeights ? choice.companions : [...choice.companions, ...choice.weights, ...shards];
    if (!wanted.every((path) => present.has(path))) return null;
    const tree = (await cache.readTree(commit)) ?? [];
    const weights = weightFiles(choice, tree, shards);
    return { folder, kind: choice.kind, source: modelId, revision: commit, weights };
  } catch {
    return null;
  }
}

async function fetchModel(
  cache: RepositoryCache,
  modelId: string,
  revision: string,
  quantization: Quantization | null,
  options: ResolveOptions,
): Promise<ResolvedModel> {
  const hubUrl = (options.hubUrl ?? process.env['HF_ENDPOINT'] ?? PUBLIC_HUB).replace(/\/+$/, '');
  const token = cleanToken(options.token) ?? cleanToken(process.env['HF_TOKEN']);
  const wait = options.wait ?? ((ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)));
  const patience = { note: options.note, signal: options.signal, ...(options.wait ? { wait } : {}) };
  const client = new HubClient(hubUrl, token, patience);
  const { commit, name } = await client.resolve(modelId, revision);
  if (name !== modelId) options.note(`warning: ${modelId} is now called ${name} on the hub`);
  let tree = await cache.readTree(commit);
  if (tree === null) {
    tree = await client.files(modelId, commit);
    await cache.writeTree(commit, tree);
  }
  const byPath = new Map(tree.map((file) => [file.path, file]));
  const choice = chooseFiles(modelId, [...byPath.keys()], quantization ?? undefined);

  const bring = async (files: readonly HubFile[]): Promise<void> => {
    const present = new Set(await cache.list(commit));
    const missing = files.filter((file) => !present.has(file.path));
    if (missing.length === 0) return;
    const total = missing.reduce((sum, file) => sum + file.size, 0);
    await requireSpace(cache.folder, total);
    if (total > 1e6) options.note(`fetching ${missing.length} files of ${modelId}, ${gigabytes(total)}`);
    let done = 0;
    const onBytes = (count: number): void => {
      done += count;
      options.onProgress?.(done, total);
    };
    for (const file of missing) {
      await downloadFile(
        file,
        cache.blob(file.hash),
        (from, signal) => client.content(modelId, commit, file, from, signal),
        { onBytes, signal: options.signal, wait },
      );
    }
    // What makes a snapshot count as whole is linked last: a decoder after its data, config.json after everything.
    const weight = (file: HubFile): number =>
      file.path === 'config.json' ? 2 : file.path.endsWith('.onnx') ? 1 : 0;
    for (const file of [...missing].sort((a, b) => weight(a) - weight(b))) {
      await cache.link(commit, file.path, file.hash);
    }
  };
  const filesOf = (paths: readonly string[]): HubFile[] =>
    paths.map((path) => {
      const file = byPath.get(path);
      if (file !== undefined) return file;
      throw new RunScoringError('MODEL_FILES', `${modelId} has no file ${path}, which its index names.`);
    });

  const found = { folder: cache.snapshot(commit), kind: choice.kind, source: name, revision: commit };
  if (options.withoutWeights === true) {
    await bring(filesOf(choice.companions));
    return { ...found, weights: weightFiles(choice, tree) };
  }
  let shards: string[] = [];
  if (choice.sharded) {
    await bring(filesOf([SAFETENSORS_INDEX]));
    shards = shardsOf(await readIndex(found.folder), modelId);
    await bring(filesOf(shards));
  }
  await bring(filesOf([...choice.companions, ...choice.weights]));
  await cache.writeRef(revision, commit);
  return { ...found, weights: weightFiles(choice, tree, shards) };
}

/** The weights among a listing; while an index has not been fetched, its shards are known by how such files are named. */
function weightFiles(choice: FileChoice, tree: readonly HubFile[], shards?: readonly string[]): WeightFile[] {
  const named = choice.sharded && shards?.length ? shards : choice.weights;
  const isShard = (path: string): boolean => /^model-\d+-of-\d+\.safetensors$/.test(path);
  const guess = choice.sharded && !shards?.length;
  return tree.filter(({ path }) => (guess ? isShard(path) : named.includes(path)));
}

/** Finds out before hours of download, not after, that the disk is too small. */
async function requireSpace(folder: string, bytes: number): Promise<void> {
  let existing = folder;
  let info = await statfs(existing).catch(() => null);
  while (info === null && existing !== join(existing, '..')) {
    existing = join(existing, '..');
    info = await statfs(existing).catch(() => null);
  }
  if (info === null) return;
  const free = info.bavail * info.bsize;
  if (free < bytes) {
    throw new RunScoringError(
      'MODEL_DISK_FULL',
      `The model needs ${gigabytes(bytes)}, and the disk has ${gigabytes(free)} left.`,
      { at: { file: folder }, hint: 'Make room, or set HF_HUB_CACHE to a folder on another disk.' },
    );
  }
}

function gigabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
