/** Names under which well-known models are quoted, and the ids the hub knows them by. */
const ALIASES: Readonly<Record<string, string>> = {
  'meta-llama/llama-3-8b': 'meta-llama/Meta-Llama-3-8B',
  'meta-llama/llama-3-8b-instruct': 'meta-llama/Meta-Llama-3-8B-Instruct',
  'meta-llama/llama-3-70b-instruct': 'meta-llama/Meta-Llama-3-70B-Instruct',
  'meta-llama/meta-llama-3.1-8b-instruct': 'meta-llama/Llama-3.1-8B-Instruct',
  'meta-llama/meta-llama-3.2-3b-instruct': 'meta-llama/Llama-3.2-3B-Instruct',
  'meta-llama/llama-2-7b-chat': 'meta-llama/Llama-2-7b-chat-hf',
  'meta-llama/llama-2-13b-chat': 'meta-llama/Llama-2-13b-chat-hf',
  'mistralai/mistral-7b-instruct': 'mistralai/Mistral-7B-Instruct-v0.3',
};

/** The hub's own id for a well-known other name, else undefined. Letter case does not matter. */
export function aliasOf(modelId: string): string | undefined {
  const key = modelId.toLowerCase();
  const id = Object.hasOwn(ALIASES, key) ? ALIASES[key] : undefined;
  return id === modelId ? undefined : id;
}
