/** Upper case by code point: one that has no single upper-case code point stays. Source: Java, Character.toUpperCase. */
export function upperCase(text: string): string {
  return mapPoints(text, (point) => point.toUpperCase());
}

/** Lower case by code point. Source: Java, Character.toLowerCase. */
export function lowerCase(text: string): string {
  // U+0130 is the one code point whose lower case is two in Unicode and one in Java.
  return mapPoints(text, (point) => (point === '\u0130' ? 'i' : point.toLowerCase()));
}

function mapPoints(text: string, map: (point: string) => string): string {
  return [...text]
    .map((point) => {
      const mapped = map(point);
      return [...mapped].length === 1 ? mapped : point;
    })
    .join('');
}
