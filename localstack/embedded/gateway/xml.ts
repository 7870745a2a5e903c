/**
 * Writer for the small XML documents of S3 and of the AWS query protocol.
 * `node` takes finished XML, `leaf` takes a value: only `leaf` ever sees foreign text.
 */

const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** An element that holds other elements. */
export function node(name: string, ...children: readonly string[]): string {
  return `<${name}>${children.join('')}</${name}>`;
}

/** An element that holds one escaped value. */
export function leaf(name: string, value: string | number | boolean): string {
  return `<${name}>${escapeXml(String(value))}</${name}>`;
}

/** A whole document; `namespace` becomes the default namespace of the root element. */
export function xmlDocument(
  rootName: string,
  children: readonly string[],
  options: { readonly namespace?: string } = {},
): string {
  const attribute = options.namespace === undefined ? '' : ` xmlns="${options.namespace}"`;
  return `${XML_DECLARATION}<${rootName}${attribute}>${children.join('')}</${rootName}>`;
}

/** Escapes markup, and control characters the way S3 does, so that an object key never breaks a listing. */
export function escapeXml(value: string): string {
  return value.replace(XML_SPECIAL, (character) => {
    const entity = ENTITIES.get(character);
    return entity ?? `&#x${character.charCodeAt(0).toString(16)};`;
  });
}

const ENTITIES = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
]);
/** Markup, C0 controls and the two non-characters XML 1.0 leaves out. */
const XML_SPECIAL = /[&<>"\p{Cc}\ufffe\uffff]/gu;
