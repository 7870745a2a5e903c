import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leaf, node, xmlDocument } from '#embedded/gateway/xml.ts';
import { childOf, childText, parseXml } from '#embedded/s3/protocol/parse-xml.ts';

describe('parseXml', () => {
  it('reads a Delete document with a declaration, a namespace and comments', () => {
    const document = parseXml(
      '<?xml version="1.0"?>\n<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><!-- two -->\n <Object><Key>a/b</Key></Object><Object ><Key>c</Key ><VersionId/></Object></Delete>\n',
    );
    expect(document.name).toBe('Delete');
    expect(document.children.map((child) => childText(child, 'Key'))).toEqual(['a/b', 'c']);
    expect(childText(document.children[1] ?? document, 'VersionId')).toBe('');
    expect(childOf(document, 'Quiet')).toBeNull();
  });

  it('ignores namespace prefixes', () => {
    expect(parseXml('<s3:A xmlns:s3="x"><s3:B>1</s3:B></s3:A>')).toMatchObject({
      name: 'A',
      children: [{ name: 'B', text: '1' }],
    });
  });

  it('resolves entities, character references and CDATA', () => {
    expect(parseXml('<K>&amp;&lt;&gt;&quot;&apos;&#65;&#x1F600;<![CDATA[<&]]></K>').text).toBe(
      '&<>"\'A😀<&',
    );
  });

  it('keeps spaces inside values', () => {
    expect(parseXml('<K> a </K>').text).toBe(' a ');
  });

  it('reads back any text the writer escapes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const document = parseXml(xmlDocument('A', [node('B', leaf('C', text))]));
        expect(childText(document.children[0] ?? document, 'C')).toBe(text);
      }),
    );
  });

  it('refuses what is not well-formed', () => {
    const broken = [
      '',
      'text',
      '<A>',
      '</A>',
      '<A></B>',
      '<A></A><B></B>',
      '<A/>tail',
      '<A>&nbsp;</A>',
      '<A>& </A>',
      '<A>&#xD800;</A>',
      '<A <B/></A>',
      '<!DOCTYPE a [<!ENTITY b "c">]><A>&b;</A>',
      '<A>'.repeat(20) + '</A>'.repeat(20),
    ];
    for (const source of broken) expect(() => parseXml(source), source).toThrow(/well-formed/);
  });

  it('refuses a long hostile document in linear time', () => {
    expect(() => parseXml(`<A${' a'.repeat(500_000)}`)).toThrow(/well-formed/);
    expect(() => parseXml(`<A>${'&'.repeat(500_000)}`)).toThrow(/well-formed/);
    expect(() => parseXml('<!--'.repeat(250_000))).toThrow(/well-formed/);
  });
});
