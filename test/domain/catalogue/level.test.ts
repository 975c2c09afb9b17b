/** Scores against the published levels. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { checkLevel } from '../../../server/domain/catalogue/level.ts'
import { codeSystem } from '../../../server/fhir/canonical.ts'
import type { JsonObject } from '../../../server/fhir/types.ts'

const published = (id: string): JsonObject =>
  JSON.parse(readFileSync(new URL(`../../../valuesets/CodeSystem-${id}.json`, import.meta.url), 'utf8')) as JsonObject

const concept = (system: string, code: string) => ({ coding: [{ system: codeSystem(system), code }] })
const part = (code: string, system: string, value: string) => ({
  code: concept('score-component', code),
  valueCodeableConcept: concept(system, value),
})

const score = (assessment: string, value: number, efl: string, level?: string) => ({
  resourceType: 'Observation',
  code: concept('assessment-catalogue', assessment),
  valueInteger: value,
  component: [part('efl', 'efl', efl), ...(level ? [part('test-level', 'test-level', level)] : [])],
})

describe('domain / catalogue / level', () => {
  const efl = published('efl')
  // DRC, Scoring Levels: Best Practice Guidance (2019): both ends of a level and the scores beside them.
  const cases: readonly [string, number, string, boolean][] = [
    ['tabe-11-12-reading', 536, 'abe-4', true],
    ['tabe-11-12-reading', 575, 'abe-4', true],
    ['tabe-11-12-reading', 535, 'abe-4', false],
    ['tabe-11-12-reading', 576, 'abe-4', false],
    ['tabe-11-12-math', 657, 'abe-6', true],
    ['tabe-11-12-math', 656, 'abe-6', false],
    ['casas-life-work-reading', 246, 'abe-6', true],
    ['casas-life-work-reading', 245, 'abe-6', false],
    ['best-plus', 12, 'esl-3', true],
  ]
  for (const [assessment, value, level, fits] of cases) {
    it(`${fits ? 'takes' : 'refuses'} ${value} in ${assessment} as ${level}`, () => {
      const issues = checkLevel(score(assessment, value, level), efl)
      assert.deepEqual(
        issues.map((issue) => issue.expression),
        fits ? [] : ['Observation.component[0].value'],
      )
    })
  }

  it('refuses a test level at which the functioning level is not measured', () => {
    assert.deepEqual(checkLevel(score('tabe-11-12-reading', 541, 'abe-4', 'M'), efl), [])
    const [issue] = checkLevel(score('tabe-11-12-reading', 541, 'abe-4', 'L'), efl)
    assert.equal(issue?.expression, 'Observation.component[1].value')
  })
})
