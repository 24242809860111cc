"""The stack that many start with: Hugging Face's text-generation pipeline in Python, batches of 10, left padding.

Reads one JSON job (see contender.ts) and the workload from the command line, prints one JSON result.
"""
import json
import resource
import sys
import time


def main():
    job, work = json.loads(sys.argv[1]), json.load(open(sys.argv[2]))
    import torch
    import transformers
    torch.set_num_threads(job['threads'])
    transformers.logging.set_verbosity_error()
    config = transformers.LlamaConfig(**{k: v for k, v in json.load(open(f"{job['folder']}/config.json")).items() if k not in ('architectures', 'model_type', 'torch_dtype')})
    torch.manual_seed(7)
    model = transformers.LlamaForCausalLM(config).to(getattr(torch, job.get('variant', 'float32'))).eval()
    tokenizer = tokenizer_of_ids(config.vocab_size)
    pipe = transformers.pipeline('text-generation', model=model, tokenizer=tokenizer, batch_size=10, device='cpu')
    rows = work['rows'][:job['rows']]
    # An id a word: what the pipeline tokenises is what the others are given.
    texts = [' '.join(f't{i}' for i in work['prefix'] + row['tokens']) for row in rows]
    most = max(row['outputTokens'] for row in rows)
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    out = pipe(texts, max_new_tokens=most, min_new_tokens=most, do_sample=False, num_beams=1, return_full_text=False)
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    assert len(out) == len(rows)
    assert all(len(one[0]['generated_text'].split()) == most for one in out), 'a row ended before its length'
    print(json.dumps(dict(seconds=seconds, cpuSeconds=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
                          prefillTokens=sum(len(work['prefix']) + len(r['tokens']) for r in rows), decodeTokens=sum(r['outputTokens'] for r in rows), firstTokens=[])))


def tokenizer_of_ids(size):
    """A tokenizer whose word 't123' is token 123."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast
    tokenizer = Tokenizer(models.WordLevel({f't{i}': i for i in range(size)}, unk_token='t0'))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token='t2', eos_token='t2', padding_side='left')


main()
