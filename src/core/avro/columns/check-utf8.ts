/** Whether `bytes[start..end)` is well-formed UTF-8: no surrogates, nothing overlong. Source: RFC 3629 §4. */
export function isUtf8(bytes: Uint8Array, view: DataView, start: number, end: number): boolean {
  let at = start;
  const lastWord = end - 4;
  while (at <= lastWord && (view.getInt32(at, true) & 0x8080_8080) === 0) at += 4;
  while (at < end) {
    const lead = bytes[at] as number;
    if (lead < 0x80) {
      at++;
      continue;
    }
    const size = sequenceSize(lead);
    if (size === 0 || at + size > end || !isSequence(bytes, at, size)) return false;
    at += size;
  }
  return true;
}

/** Bytes of the sequence that a byte from 0x80 on begins; 0 when it begins none. */
function sequenceSize(lead: number): number {
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return 2;
  if (lead < 0xf0) return 3;
  return lead < 0xf5 ? 4 : 0;
}

function isSequence(bytes: Uint8Array, at: number, size: number): boolean {
  const second = bytes[at + 1] as number;
  if (second < lowestSecond(bytes[at] as number) || second > highestSecond(bytes[at] as number)) {
    return false;
  }
  for (let next = 2; next < size; next++) {
    if (((bytes[at + next] as number) & 0xc0) !== 0x80) return false;
  }
  return true;
}

/** Less would be an overlong form. */
function lowestSecond(lead: number): number {
  if (lead === 0xe0) return 0xa0;
  return lead === 0xf0 ? 0x90 : 0x80;
}

/** More would be a surrogate or beyond U+10FFFF. */
function highestSecond(lead: number): number {
  if (lead === 0xed) return 0x9f;
  return lead === 0xf4 ? 0x8f : 0xbf;
}
