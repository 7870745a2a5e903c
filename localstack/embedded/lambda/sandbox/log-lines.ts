import { StringDecoder } from 'node:string_decoder';

/** Longer lines are cut into pieces of this many UTF-16 units, so that a function cannot fill the memory with one line. */
export const MAX_LINE_CHARS = 64 * 1024;

/** Cuts a byte stream into lines. */
export interface LineSplitter {
  push(bytes: Buffer): void;
  /** Hands out what came after the last line end. */
  end(): void;
}

export function createLineSplitter(onLine: (text: string) => void): LineSplitter {
  const decoder = new StringDecoder('utf8');
  let rest = '';

  const take = (text: string): void => {
    rest += text;
    for (;;) {
      const end = rest.indexOf('\n');
      if (end >= 0 && end <= MAX_LINE_CHARS) {
        onLine(rest.slice(0, end).replace(/\r$/, ''));
        rest = rest.slice(end + 1);
      } else if (rest.length > MAX_LINE_CHARS) {
        onLine(rest.slice(0, MAX_LINE_CHARS));
        rest = rest.slice(MAX_LINE_CHARS);
      } else {
        return;
      }
    }
  };

  return {
    push: (bytes) => take(decoder.write(bytes)),
    end: () => {
      take(decoder.end());
      if (rest.length > 0) onLine(rest);
      rest = '';
    },
  };
}
