import { describe, expect, it } from 'vitest';
import { leaf, node, xmlDocument } from '#embedded/gateway/xml.ts';

describe('xml writer', () => {
  it('writes a document with a namespace', () => {
    expect(
      xmlDocument('A', [node('B', leaf('C', 1), leaf('D', true))], { namespace: 'urn:x' }),
    ).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<A xmlns="urn:x"><B><C>1</C><D>true</D></B></A>',
    );
  });

  it('escapes markup, control characters and non-characters, and nothing else', () => {
    expect(leaf('K', 'a<b>&"c"\n\u0001\uffff')).toBe(
      '<K>a&lt;b&gt;&amp;&quot;c&quot;&#xa;&#x1;&#xffff;</K>',
    );
    expect(leaf('K', "grüße/😀'+ ")).toBe("<K>grüße/😀'+ </K>");
  });
});
