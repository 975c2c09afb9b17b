/** Grades of likeness: what makes a match certain, probable or possible, and what does not. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { certainBlocksOf, blocksOf } from '../../../server/domain/participant/blocks.ts'
import { birthDateAgreement } from '../../../server/domain/participant/compare.ts'
import { matchOf } from '../../../server/domain/participant/score.ts'
import { traitsOf, type Traits } from '../../../server/domain/participant/traits.ts'
import type { Resource } from '../../../server/fhir/types.ts'
import { MATCHING } from './matching-tables.ts'

type Sent = {
  readonly family?: string
  readonly given?: readonly string[]
  readonly birthDate?: string
  readonly gender?: string
  readonly phone?: string
  readonly email?: string
  readonly line?: string
  readonly zip?: string
  readonly names?: readonly object[]
  readonly identifier?: readonly object[]
  readonly ssn?: string
}

const ELVIS: Sent = { family: 'Presley', given: ['Elvis'], birthDate: '1985-01-08', gender: 'male' }
const HOME = { line: '12 Oak Street', zip: '38801' }
const AT_HOME: Sent = { ...ELVIS, ...HOME, phone: '662-555-0101' }

function traits({ family, given, phone, email, line, zip, names = [], ssn, ...more }: Sent): Traits {
  const name = [...(family || given ? [{ family, given }] : []), ...names]
  const telecom = [
    ...(phone ? [{ system: 'phone', value: phone }] : []),
    ...(email ? [{ system: 'email', value: email }] : []),
  ]
  const address = line || zip ? [{ line: [line], postalCode: zip }] : []
  return traitsOf(MATCHING, { resourceType: 'Patient', ...more, name, telecom, address } as unknown as Resource, ssn)
}

const gradeOf = (one: Sent, other: Sent): string => matchOf(MATCHING, traits(one), traits(other)).grade
const HUB_ID = 'https://no-wrong-door.example/fhir/NamingSystem/hub-id'
const identifier = (value: string) => [{ system: HUB_ID, value }]

describe('The grade of a match', () => {
  const GRADES: readonly (readonly [what: string, one: Sent, other: Sent, grade: string])[] = [
    [
      'name, birth date and phone, differently written',
      AT_HOME,
      { ...AT_HOME, family: 'PRÉSLEY', phone: '+1 662 555 0101', line: undefined, zip: undefined },
      'certain',
    ],
    [
      'name, birth date and address, differently written',
      AT_HOME,
      { ...ELVIS, line: '12 OAK ST.', zip: '38801-0001' },
      'certain',
    ],
    [
      'nickname, birth date and email',
      { ...ELVIS, given: ['William'], email: 'e@mail.example' },
      { ...ELVIS, given: ['Bill'], email: 'E@mail.example' },
      'certain',
    ],
    [
      'one part of a double name, birth date and phone',
      AT_HOME,
      { ...AT_HOME, family: 'Presley-Smith', line: undefined },
      'certain',
    ],
    [
      'a maiden name, birth date and phone',
      { ...AT_HOME, family: 'Wagner', names: [{ family: 'Presley', use: 'maiden' }] },
      AT_HOME,
      'certain',
    ],
    ['the number, family name and birth date', { ...ELVIS, ssn: 'a' }, { ...ELVIS, ssn: 'a' }, 'certain'],
    [
      'the hub id with the birth date and a new family name',
      { ...ELVIS, identifier: identifier('MS0000000001') },
      { ...ELVIS, family: 'Wagner', identifier: identifier('MS0000000001') },
      'certain',
    ],
    [
      'the hub id alone',
      { identifier: identifier('MS0000000001') },
      { ...ELVIS, identifier: identifier('MS0000000001') },
      'certain',
    ],
    ['name and birth date alone', ELVIS, ELVIS, 'probable'],
    ['another number', { ...AT_HOME, ssn: 'a' }, { ...AT_HOME, ssn: 'b' }, 'probable'],
    [
      'another hub id',
      { ...AT_HOME, identifier: identifier('MS0000000001') },
      { ...AT_HOME, identifier: identifier('MS0000000002') },
      'probable',
    ],
    ['day and month exchanged', AT_HOME, { ...ELVIS, birthDate: '1985-08-01' }, 'probable'],
    ['a digit of the birth date', AT_HOME, { ...AT_HOME, birthDate: '1985-01-09' }, 'probable'],
    ['a letter of the family name', ELVIS, { ...ELVIS, family: 'Pressley' }, 'probable'],
    ['family and given name exchanged', ELVIS, { ...ELVIS, family: 'Elvis', given: ['Presley'] }, 'probable'],
    [
      'a new family name and the same phone',
      AT_HOME,
      { ...AT_HOME, family: 'Wagner', line: undefined, zip: undefined },
      'probable',
    ],
    ['a new family name alone', ELVIS, { ...ELVIS, family: 'Wagner' }, 'possible'],
    ['name alone', ELVIS, { family: 'Presley', given: ['Elvis'] }, 'possible'],
    ['the birth date alone', ELVIS, { birthDate: '1985-01-08' }, 'possible'],
    ['a twin brother without a phone', { ...ELVIS, ...HOME }, { ...ELVIS, ...HOME, given: ['Jesse'] }, 'probable'],
    ['father and son', AT_HOME, { ...AT_HOME, birthDate: '1960-04-23' }, 'possible'],
    ['the number alone', { ssn: 'a' }, { ...ELVIS, ssn: 'a' }, 'certainly-not'],
    [
      'somebody else',
      AT_HOME,
      { family: 'Ferris', given: ['Ida'], birthDate: '1990-01-08', gender: 'female' },
      'certainly-not',
    ],
  ]
  for (const [what, one, other, grade] of GRADES) {
    it(`is ${grade} for: ${what}`, () => {
      assert.equal(gradeOf(one, other), grade, JSON.stringify(matchOf(MATCHING, traits(one), traits(other))))
      assert.equal(gradeOf(other, one), grade, 'in the other order')
    })
  }

  it('is the same with any number or none where family name or birth date differ', () => {
    for (const other of [
      { ...AT_HOME, birthDate: '1985-08-01' },
      { ...AT_HOME, family: 'Pressley' },
      { ...AT_HOME, family: 'Wagner' },
    ]) {
      const scores = ['a', 'b', undefined].map((ssn) =>
        matchOf(MATCHING, traits({ ...AT_HOME, ssn: 'a' }), traits({ ...other, ssn })),
      )
      assert.deepEqual([...new Set(scores.map(({ score, grade }) => `${grade} ${score}`))].length, 1)
    }
  })

  it('has a score from 0 to 1 that never contradicts the grade', () => {
    const levels = fc.record({
      family: fc.constantFrom('Presley', 'Presly', 'Wagner', 'Presley-Wagner', undefined),
      given: fc.constantFrom(['Elvis'], ['Elvis', 'A'], ['E'], ['Jesse'], undefined),
      birthDate: fc.constantFrom('1985-01-08', '1985-08-01', '1985-01-09', '1985', '1970-05-05', undefined),
      gender: fc.constantFrom('male', 'female', undefined),
      phone: fc.constantFrom('662-555-0101', '662-555-9999', undefined),
      line: fc.constantFrom('12 Oak St', '99 Elm Rd', undefined),
      zip: fc.constantFrom('38801', '39001', undefined),
      ssn: fc.constantFrom('a', 'b', undefined),
    })
    const RANK = ['certainly-not', 'possible', 'probable', 'certain']
    const pair = fc.tuple(levels, levels, levels, levels)
    fc.assert(
      fc.property(pair, ([a, b, c, d]) => {
        const [one, other] = [
          matchOf(MATCHING, traits(a as Sent), traits(b as Sent)),
          matchOf(MATCHING, traits(c as Sent), traits(d as Sent)),
        ]
        for (const { score } of [one, other]) assert.ok(score >= 0 && score <= 1)
        const order = RANK.indexOf(one.grade) - RANK.indexOf(other.grade)
        if (order > 0) assert.ok(one.score > other.score)
        assert.deepEqual(one, { ...matchOf(MATCHING, traits(b as Sent), traits(a as Sent)) }, 'in the other order')
      }),
    )
  })
})

describe('The agreement of two birth dates', () => {
  const DATES: readonly (readonly [string, string, string])[] = [
    ['1985-01-08', '1985-01-08', 'exact'],
    ['1985-01-08', '1985-08-01', 'swapped'],
    ['1985-01-08', '1958-01-08', 'digits'],
    ['1985-01-08', '1985-10-08', 'digits'],
    ['1985-01-08', '1995-01-08', 'digits'],
    ['1985-01-31', '1985-02-02', 'near'],
    ['1989-12-31', '1990-01-01', 'near'],
    ['1989-05-17', '1990-05-17', 'near'],
    ['1985-01-08', '1985', 'partial'],
    ['1985-01-08', '1985-01', 'partial'],
    ['1985', '1985', 'partial'],
    ['1985-01-08', '1986', 'different'],
    ['1985-01-08', '1971-11-23', 'different'],
  ]
  for (const [one, other, level] of DATES)
    it(`is ${level} for ${one} and ${other}`, () => {
      assert.equal(birthDateAgreement(one, other), level)
      assert.equal(birthDateAgreement(other, one), level)
    })

  it('is missing where one is not given', () => assert.equal(birthDateAgreement('1985-01-08', undefined), 'missing'))
})

describe('The blocks of a participant', () => {
  it('are shared by two descriptions that differ in one element', () => {
    const changes: readonly Sent[] = [
      { family: 'Wagner' },
      { family: 'Pressley' },
      { given: ['Elviss'] },
      { given: ['Aaron'] },
      { birthDate: '1985-08-01' },
      { birthDate: '1985-01-18' },
      { birthDate: '1986-01-08' },
      { family: 'Elvis', given: ['Presley'] },
    ]
    for (const change of changes) {
      const [one, other] = [blocksOf(MATCHING, traits(ELVIS)), blocksOf(MATCHING, traits({ ...ELVIS, ...change }))]
      assert.ok(
        one.some((block) => other.includes(block)),
        JSON.stringify(change),
      )
    }
  })

  it('for certain matches are shared by whatever is certain without an identifier', () => {
    const sent = fc.record({
      family: fc.constantFrom('Presley', 'Presley-Wagner', 'Wagner', 'De la Cruz', 'Cruz'),
      given: fc.constantFrom(['William'], ['Bill'], ['Will', 'A'], ['Robert']),
      birthDate: fc.constantFrom('1985-01-08', '1985-08-01'),
      phone: fc.constantFrom('662-555-0101', '555-0101', '(662) 555 0199', undefined),
      email: fc.constantFrom('a@b.example', 'A@B.example', undefined),
      line: fc.constantFrom('12 Oak Street', '12 Oak St Apt 3', '99 Elm Rd', undefined),
      zip: fc.constantFrom('38801', undefined),
      ssn: fc.constantFrom('a', 'b', undefined),
    })
    fc.assert(
      fc.property(fc.tuple(sent, sent), ([a, b]) => {
        const [one, other] = [traits(a as Sent), traits(b as Sent)]
        if (matchOf(MATCHING, one, other).grade !== 'certain') return
        const [mine, theirs] = [certainBlocksOf(MATCHING, one), certainBlocksOf(MATCHING, other)]
        assert.ok(mine.named.some((block) => theirs.named.includes(block)))
        assert.ok(one.ssn === other.ssn || mine.evidence.some((block) => theirs.evidence.includes(block)))
        const all = blocksOf(MATCHING, other)
        assert.ok([...mine.named, ...mine.evidence].some((block) => all.includes(block)))
      }),
      { numRuns: 2000 },
    )
  })
})
