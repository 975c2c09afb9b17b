/** The words of resources, and the expressions that search for them: https://hl7.org/fhir/R4/search.html#content */
import assert from 'node:assert/strict'
import { OutcomeError } from '../../server/fhir/outcome.ts'
import { match } from '../../server/search/match.ts'
import { TEXT_PARAMETERS } from '../../server/search/types/text.ts'
import { SEARCH_TYPES } from '../../server/search/types/index.ts'
import { addContentWords, MAX_CHARACTERS, MAX_WORDS, noWords, textOfNarrative } from '../../server/search/words.ts'
import { CONTEXT, NOW, parameter } from './capability.ts'

const CONTENT = parameter({ code: '_content', type: 'string', expression: 'Resource', url: TEXT_PARAMETERS[1]! })

const wordsOf = (value: unknown): string => {
  const words = noWords()
  addContentWords(value, words)
  return [...words.found].sort().join(' ')
}
const finds = (value: string, text: unknown): boolean => {
  const filter = SEARCH_TYPES.text.filter(CONTENT, undefined, value, { ...CONTEXT, now: NOW })
  return match(filter, { id: 'x', at: 0, entries: SEARCH_TYPES.text.entries({ note: [{ text }] }, CONTENT, CONTEXT) })
}

describe('search / words', () => {
  it('are those of every text, without case, accents and punctuation', () => {
    assert.equal(wordsOf({ note: [{ text: 'Café, STRASSE & Straße; 2 × bread/work.' }] }), '2 bread cafe strasse work')
    assert.equal(wordsOf({ name: [{ family: "O'Neil-Smith" }] }), 'neil o oneil smith')
    assert.equal(
      wordsOf({ code: { coding: [{ code: 'job-search', display: 'Looks for work' }] } }),
      'for job looks search work',
    )
    assert.equal(wordsOf({ _birthDate: { extension: [{ url: 'urn:x', valueString: 'about' }] } }), 'about')
    assert.equal(wordsOf({ contained: [{ resourceType: 'Patient', id: 'p', name: [{ text: 'Zoë' }] }] }), 'zoe')
  })

  it('are not those of ids, references, addresses, dates, meta and binary data', () => {
    const resource = {
      ...{ resourceType: 'DocumentReference', id: 'id', meta: { source: 'urn:a', tag: [{ display: 'tag' }] } },
      ...{ date: '2026-11-28T10:00:00Z', subject: { reference: 'Patient/p', display: 'shown' }, birthDate: '1990-01' },
      content: [{ attachment: { url: 'https://a.example/b', data: 'QUJD', title: 'Form' } }],
      extension: [
        { url: 'http://a.example/x', valueUri: 'urn:oid:1.2' },
        { valueDecimal: 5, valueBoolean: true },
      ],
    }
    assert.equal(wordsOf(resource), 'form shown')
    // An element of this name that is no data: Consent.provision.data.
    assert.equal(wordsOf({ data: [{ meaning: 'related' }] }), 'related')
  })

  it('are those of a narrative without its tags, however ill formed it is', () => {
    const div =
      '<div xmlns="http://www.w3.org/1999/xhtml" title="a > b"><p>Br<b>ea</b>d</p><p>w&#246;rk &amp; &lt;rest&gt;</p><!-- no > --><br/>x</div>'
    assert.equal(wordsOf({ text: { status: 'generated', div } }), 'bread generated rest work x')
    const texts = [
      '<',
      '<div',
      '<div a="',
      '<!--',
      '&#99999999;',
      '&#x110000;',
      '&#xD800;',
      '<'.repeat(200_000),
      '<"'.repeat(200_000),
    ]
    for (const one of texts) assert.equal(textOfNarrative(one).includes('<'), false)
  })

  it('are so many at most, and none is longer than a word is', () => {
    const many = Array.from({ length: MAX_WORDS * 2 }, (_, index) => `w${index}`).join(' ')
    assert.equal(wordsOf({ note: many }).split(' ').length, MAX_WORDS)
    assert.equal(wordsOf({ note: 'x'.repeat(1_000_000) }), '')
    assert.equal(wordsOf({ note: ['a '.repeat(MAX_CHARACTERS / 2), 'b'] }), 'a')
    assert.equal(wordsOf({ div: `<p>a</p>${'<b>c</b> '.repeat(1_000_000)}b` }), 'a c')
  })

  const TEXT = "Bread and work, every day; O'Neil-Smith knows."
  for (const [value, found] of [
    ['bread', true],
    ['BREAD work', true],
    ['work bread', true],
    ['bread wine', false],
    ['brea', false],
    ['brea*', true],
    ["o'neil", true],
    ['oneil-smith', true],
    ['neil', true],
    ['wine OR bread', true],
    ['wine or water', false],
    ['(bread OR wine) and work', true],
    ['(bread OR wine) and water', false],
    ['wine OR bread work', true],
    ['bread AND NOT wine', true],
    ['bread NOT work', false],
    ['NOT (wine OR water)', true],
    ['not wine', false],
    ['work\\, bread', true],
  ] as const)
    it(`${value} ${found ? 'finds' : 'does not find'} a text`, () => assert.equal(finds(value, TEXT), found))

  for (const [value, why] of [
    ['...', /no letter or digit in `...`/],
    ['*', /no letter or digit/],
    ['"bread and work"', /phrases are not searched/],
    ['br*d', /`\*` within a word/],
    ['(bread', /`\(` without a `\)`/],
    ['bread)', /`\)` without a `\(`/],
    ['()', /lacks a word/],
    ['bread AND', /lacks a word/],
    ['OR bread', /lacks a word/],
    ['NOT', /lacks a word/],
    [' ', /lacks a word/],
    ['('.repeat(12) + 'a' + ')'.repeat(12), /more than 10 parentheses/],
    ['a '.repeat(51), /more than 50 words/],
    ['a-'.repeat(51), /more than 50 words/],
  ] as const)
    it(`refuses ${value.slice(0, 20)}`, () =>
      assert.throws(
        () => finds(value, TEXT),
        (error) => {
          assert.ok(error instanceof OutcomeError)
          assert.equal(error.status, 400)
          assert.match(error.message, why)
          assert.match(error.message, /Write words, such as/)
          return true
        },
      ))
})
