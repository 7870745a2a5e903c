/** An absolute URL of the origin, without user and fragment; null for any other text. */
export function sameOriginUrl(text: string, base: string, origin: string): string | null {
  const url = text === '' ? null : URL.parse(text, base);
  if (url === null || url.origin !== origin || url.username !== '' || url.password !== '') {
    return null;
  }
  url.hash = '';
  return url.href;
}
