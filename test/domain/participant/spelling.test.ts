/** One name, written and spoken differently. */
import assert from 'node:assert/strict'
import {
  fold,
  isOneSlip,
  isSimilar,
  jaroWinkler,
  soundOf,
  wordsOf,
} from '../../../server/domain/participant/spelling.ts'

describe('The spelling of a name', () => {
  it('is folded: without case, diacritics and signs, in any script', () => {
    const FOLDED: Readonly<Record<string, string>> = {
      Núñez: 'NUNEZ',
      'O’Brien': 'OBRIEN',
      "O'Brien": 'OBRIEN',
      'Smith-Jones': 'SMITH JONES',
      '  de la  Cruz ': 'DE LA CRUZ',
      Müller: 'MULLER',
      Strauß: 'STRAUSS',
      Łukasz: 'LUKASZ',
      'Søren Ærø': 'SOREN AERO',
      'St. John': 'ST JOHN',
      Nguyễn: 'NGUYEN',
      Иванов: 'ИВАНОВ',
      王: '王',
      '': '',
      '---': '',
    }
    for (const [text, folded] of Object.entries(FOLDED)) assert.equal(fold(text), folded, text)
    assert.deepEqual(wordsOf('Smith-Jones'), ['SMITH', 'JONES'])
    assert.deepEqual(wordsOf(' - '), [])
  })

  it('gives one sound to names that sound alike, and another to others', () => {
    for (const [one, other] of [
      ['SMITH', 'SMYTHE'],
      ['CATHERINE', 'KATHRYN'],
      ['PHILIP', 'FILIP'],
      ['STEPHEN', 'STEVEN'],
      ['MACDONALD', 'MCDONALD'],
      ['KNIGHT', 'NIGHT'],
      ['REYES', 'REYEZ'],
      ['ANDERSEN', 'ANDERSON'],
      ['EWING', 'UWING'],
    ] as const)
      assert.equal(soundOf(one), soundOf(other), `${one} and ${other}`)
    for (const [one, other] of [
      ['SMITH', 'JONES'],
      ['BROWN', 'GREEN'],
      ['MARTIN', 'MADISON'],
    ] as const)
      assert.notEqual(soundOf(one), soundOf(other), `${one} and ${other}`)
    assert.equal(soundOf('ИВАНОВ'), 'ИВАНОВ')
    assert.equal(soundOf(''), '')
  })

  it('is one slip apart for one letter more, less or other, or two exchanged', () => {
    for (const other of ['GARCIA', 'GARCA', 'GARCIAS', 'GARSIA', 'AGRCIA', 'GRACIA', 'GARCAI'])
      assert.ok(isOneSlip('GARCIA', other) && isOneSlip(other, 'GARCIA'), other)
    for (const other of ['GRACA', 'GARCIASS', 'MARCIO', '', 'AIGRCA']) assert.ok(!isOneSlip('GARCIA', other), other)
    assert.ok(!isOneSlip('ANA', 'ADA'), 'short names differ by one letter and are others')
  })

  it('is similar by the measure of Jaro and Winkler', () => {
    assert.equal(Math.round(1000 * jaroWinkler('MARTHA', 'MARHTA')), 961)
    assert.equal(Math.round(1000 * jaroWinkler('DIXON', 'DICKSONX')), 813)
    assert.equal(jaroWinkler('ABC', 'XYZ'), 0)
    assert.equal(jaroWinkler('', ''), 0)
    assert.ok(isSimilar('HERNANDEZ', 'HERNADEZS'))
    assert.ok(!isSimilar('JOHNSON', 'JACKSON'))
  })
})
