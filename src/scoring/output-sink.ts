import { AtomicFile, removeDrafts } from '../table/atomic-file.js';
import type { FileSystem } from '../table/file-system.js';
import type { OutputTarget } from '../table/output-target.js';

/** Where the merged table goes. */
export interface OutputSink {
  write(bytes: Buffer): Promise<void>;
  /** Puts the output in place. */
  commit(): Promise<void>;
  /** Takes back what can be taken back; never throws. */
  discard(): Promise<void>;
}

/** A file that appears only when it is complete. */
export async function fileSink(fileSystem: FileSystem, target: OutputTarget): Promise<OutputSink> {
  await removeDrafts(fileSystem, target.path);
  return AtomicFile.create(fileSystem, target.path);
}

/** Writes as it goes. A reader that has gone away is no error: the rest is dropped. */
export function streamSink(stream: NodeJS.WritableStream): OutputSink {
  let gone = false;
  const onError = () => {
    gone = true;
  };
  stream.on('error', onError);
  return {
    write: (bytes) =>
      new Promise((resolve) => {
        if (gone) resolve();
        else stream.write(bytes, () => resolve());
      }),
    commit: async () => {},
    discard: async () => {},
  };
}
