/** Regular expressions of posted rules: JavaScript’s answer, never in its exponential time. */
import assert from 'node:assert/strict'
import { effortOf, matches, replaceMatches } from '../../server/fhirpath/pattern.ts'
import { NO_LIMIT, StepLimit, TooManySteps } from '../../server/fhirpath/steps.ts'

/** JavaScript takes exponential time, or a high power of the length, for these texts. */
const CATASTROPHIC: readonly (readonly [pattern: string, text: string])[] = [
  ['^(a+)+$', `${'a'.repeat(60)}!`],
  ['(a*)*b', 'a'.repeat(60)],
  ['^(a|a)*$', `${'a'.repeat(60)}!`],
  ['^(a|aa)+$', `${'a'.repeat(60)}!`],
  ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'.repeat(60)],
  ['^((a{1,9}){1,9}){1,9}b', 'a'.repeat(400)],
  [`^${'a?'.repeat(40)}${'a'.repeat(40)}b$`, 'a'.repeat(60)],
  ['a*a*a*a*a*b', 'a'.repeat(900)],
  ['a*b', 'a'.repeat(60_000)],
]

describe('fhirpath / pattern', () => {
  for (const [pattern, text] of CATASTROPHIC)
    it(`decides \`${pattern.slice(0, 40)}\` in linear time`, () => {
      assert.equal(matches(text, pattern, NO_LIMIT), false)
      assert.throws(() => matches(text.repeat(20), pattern, new StepLimit(300)), TooManySteps)
    })

  it('answers what JavaScript answers', () => {
    const PATTERNS = [
      ...[
        'a',
        '^a',
        'a$',
        '^a$',
        '',
        '^',
        '$',
        '^$',
        'a|b',
        '(a|b)+$',
        '^(a|b)+',
        '(^|/)a',
        '^a|b$',
        '(ab?)*c',
        'a{2,}b',
      ],
      ...['[^a]+', '^[^|]+[|][^|]+$', '\\.', '^\\d+$', '(?:a+)+', '^(a+)+$', '(a*)*b', '\\$$', '^\\^', '.', '[\\]a]+$'],
    ]
    const TEXTS = [
      '',
      'a',
      'b',
      'ab',
      'ba',
      'aab',
      'abc',
      '/a',
      'x/a',
      'a|b',
      '1',
      '12',
      'a\nb',
      '$',
      '^a',
      'é',
      '😀',
      '.',
      ']',
      'a-b',
    ]
    for (const pattern of PATTERNS)
      for (const text of [...TEXTS, ...TEXTS.map((one) => one.repeat(5))]) {
        let found: boolean
        try {
          found = matches(text, pattern, NO_LIMIT)
        } catch (error) {
          assert.match(String(error), /can take very long/)
          continue
        }
        assert.equal(found, new RegExp(pattern, 'su').test(text), `${pattern} on ${text.slice(0, 20)}`)
      }
  })

  it('refuses what it cannot match in linear time, and names it', () => {
    assert.throws(() => matches('aaaa', '^(a+)\\1$', NO_LIMIT), /`\^\(a\+\)\\1\$` can take very long/)
    assert.throws(() => matches('aaaa', '^(?=(a+)+$)', NO_LIMIT), /can take very long/)
    const replace = { pattern: '(a+)+$', replacement: '' }
    assert.throws(() => replaceMatches('aaaa', replace, NO_LIMIT), /can take very long/)
  })

  it('leaves patterns that cannot take long to JavaScript', () => {
    for (const pattern of [
      '^[0-9]{4}$',
      '^([0-9]{2})?[0-9]{3}$',
      '(^|/)Task/',
      '^https?://[^/@]+(/[^@]*)?$',
      '^[A-Z](_?[a-z]){3}$'.slice(0, 8),
    ])
      assert.ok(effortOf(pattern) <= 4_000_000, `${pattern}: ${effortOf(pattern)}`)
    for (const [pattern] of CATASTROPHIC.slice(0, -1)) assert.ok(effortOf(pattern) > 4_000_000, pattern)
  })

  it('counts what a replacement makes', () => {
    assert.equal(replaceMatches('a.b.c', { pattern: '\\..*', replacement: '' }, NO_LIMIT), 'a')
    const grows = { pattern: '.', replacement: 'x'.repeat(4000) }
    assert.throws(() => replaceMatches('a'.repeat(60_000), grows, new StepLimit(10_000)), TooManySteps)
  })
})
