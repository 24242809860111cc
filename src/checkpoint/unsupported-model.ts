import { RunScoringError } from '../foundation/errors.js';

/** What `parseModelConfig` accepts, for messages. */
export const SUPPORTED_MODELS =
  'Supported: llama (Llama 2, 3, 3.1, 3.2, SmolLM2), mistral, qwen2 (Qwen 2 and 2.5), qwen3, gemma2, gemma3_text';

/** The error for a checkpoint of another kind: it says what in config.json was the reason and what would do. */
export function unsupported(file: string, reason: string, hint = `${SUPPORTED_MODELS}.`): RunScoringError {
  return new RunScoringError('MODEL_UNSUPPORTED', `This checkpoint cannot be converted: ${reason}.`, {
    at: { file },
    hint,
  });
}
