import assert from 'node:assert/strict'
import fc from 'fast-check'
import { OutcomeError } from '../../server/fhir/outcome.ts'
import { formatEtag, matchesTags, parseEtags } from '../../server/fhir/etag.ts'

describe('etag', () => {
  it('reads back what it writes', () => {
    assert.equal(formatEtag(3), 'W/"3"')
    assert.deepEqual(parseEtags(formatEtag(3), 'If-Match'), [3])
  })

  it('reads lists, strong tags and the star', () => {
    assert.deepEqual(parseEtags('W/"1", "2" ,W/"30"', 'If-Match'), [1, 2, 30])
    assert.equal(parseEtags(' * ', 'If-None-Match'), '*')
  })

  it('lets a tag that the hub never gave match nothing', () => {
    for (const tag of ['"abc"', 'W/"0"', '"01"', '"1.0"', '"-1"', '"a,b"', '""', '"99999999999999999999"'])
      assert.deepEqual(parseEtags(tag, 'If-Match'), [], tag)
  })

  it('refuses what is not a list of tags, naming the header', () => {
    for (const text of [
      '',
      '3',
      'W/3',
      'w/"3"',
      '"3',
      '"3""4"',
      '"3" "4"',
      '"3";',
      '*, "3"',
      'T',
      '"',
      '"a b"',
      ',"3"',
    ]) {
      assert.throws(
        () => parseEtags(text, 'If-Match'),
        (error: unknown) =>
          error instanceof OutcomeError && error.status === 400 && error.message.startsWith('If-Match `'),
        text,
      )
    }
  })

  it('answers or refuses any text, quickly', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(fc.constantFrom('"', 'W/', ',', ' ', '1', '*')).map((it) => it.join('')),
        ),
        (text) => {
          try {
            parseEtags(text, 'If-None-Match')
          } catch (error) {
            assert(error instanceof OutcomeError)
          }
        },
      ),
    )
    assert.throws(() => parseEtags(`"1"${' '.repeat(100_000)}x`, 'If-Match'), OutcomeError)
  })

  it('matches the current version, and the star whatever is there', () => {
    assert.equal(matchesTags([1, 3], 3), true)
    assert.equal(matchesTags([1, 3], 2), false)
    assert.equal(matchesTags('*', 1), true)
    assert.equal(matchesTags('*', 0), false)
  })
})
