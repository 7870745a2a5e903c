import { S3Error } from './s3-error.ts';

/** An element of a request document; `name` without its namespace prefix. */
export interface XmlElement {
  readonly name: string;
  /** Character data directly inside, entities resolved, not trimmed: object keys may end in spaces. */
  readonly text: string;
  readonly children: readonly XmlElement[];
}

interface OpenElement {
  readonly name: string;
  text: string;
  readonly children: XmlElement[];
}

/** Deepest request document of S3 has four levels; more is an attempt to exhaust memory. */
const MAX_DEPTH = 16;
const MARKUP =
  /<\?[^>]*\?>|<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<\/([^\s<>/]+)\s*>|<([^\s<>/!?]+)((?:\s[^<>]*?)?)(\/?)>/y;

/**
 * Parses the small documents S3 clients send (Delete, CompleteMultipartUpload …).
 * Document types and entity declarations are refused. Throws MalformedXML.
 */
export function parseXml(source: string): XmlElement {
  const top: OpenElement = { name: '', text: '', children: [] };
  const open: OpenElement[] = [top];
  let position = source.startsWith('\ufeff') ? 1 : 0;
  while (position < source.length) {
    const tagStart = source.indexOf('<', position);
    const textEnd = tagStart < 0 ? source.length : tagStart;
    (open.at(-1) ?? top).text += unescapeXml(source.slice(position, textEnd));
    if (tagStart < 0) break;
    MARKUP.lastIndex = tagStart;
    const match = MARKUP.exec(source);
    if (match === null) throw malformedXml();
    applyMarkup(open, match);
    position = MARKUP.lastIndex;
  }
  const root = top.children[0];
  if (open.length !== 1 || top.children.length !== 1 || root === undefined) throw malformedXml();
  if (top.text.trim() !== '') throw malformedXml();
  return root;
}

function applyMarkup(open: OpenElement[], match: RegExpExecArray): void {
  const [, characterData, endName, startName, , selfClosing] = match;
  const current = open.at(-1);
  if (current === undefined) throw malformedXml();
  if (characterData !== undefined) current.text += characterData;
  if (startName !== undefined) {
    const element: OpenElement = { name: localName(startName), text: '', children: [] };
    current.children.push(element);
    if (selfClosing !== '/') open.push(element);
    if (open.length > MAX_DEPTH) throw malformedXml();
  }
  if (endName !== undefined) {
    if (open.length === 1 || current.name !== localName(endName)) throw malformedXml();
    open.pop();
  }
}

/** First child of that name, or null. */
export function childOf(element: XmlElement, name: string): XmlElement | null {
  return element.children.find((child) => child.name === name) ?? null;
}

/** Text of the first child of that name, or null. */
export function childText(element: XmlElement, name: string): string | null {
  return childOf(element, name)?.text ?? null;
}

export function malformedXml(): S3Error {
  return new S3Error(400, 'MalformedXML', {
    message:
      'The XML you provided was not well-formed or did not validate against our published schema',
  });
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

const NAMED_ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

function unescapeXml(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&([^;&]*);?/g, (whole, name: string) => {
    if (!whole.endsWith(';')) throw malformedXml();
    const numeric = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(name);
    if (numeric !== null) return codePoint(numeric);
    const named = Object.hasOwn(NAMED_ENTITIES, name) ? NAMED_ENTITIES[name] : undefined;
    if (named === undefined) throw malformedXml();
    return named;
  });
}

function codePoint(numeric: RegExpExecArray): string {
  const value = numeric[1] === undefined ? Number(numeric[2]) : Number.parseInt(numeric[1], 16);
  if (value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) throw malformedXml();
  return String.fromCodePoint(value);
}
