/** Small builders of referral Tasks and of what goes into them, for the tests of the referral rules. */
import { readFileSync } from 'node:fs'
import { parseLifecycle } from '../../../server/domain/referral/lifecycle.ts'
import { codeSystem, profileUrl } from '../../../server/fhir/canonical.ts'
import type { Issue } from '../../../server/fhir/outcome.ts'
import type { Caller, JsonObject, Resource } from '../../../server/fhir/types.ts'

export const readJson = (path: string): JsonObject =>
  JSON.parse(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')) as JsonObject

export const lifecycle = parseLifecycle(readJson('capability/rules/referral-lifecycle.json'))

export const ES: Caller = { agency: 'es', role: 'agency' }
export const ABE: Caller = { agency: 'abe', role: 'agency' }
export const STRANGER: Caller = { agency: 'vr', role: 'agency' }
export const BOARD: Caller = { agency: 'board', role: 'board' }
export const HUB: Caller = { agency: 'hub', role: 'hub' }

export const business = (code: string): JsonObject => ({
  coding: [{ system: codeSystem('referral-business-status'), code }],
})

export const output = (code: string, value: JsonObject): JsonObject => ({
  type: { coding: [{ system: codeSystem('task-output'), code }] },
  ...value,
})

export const outcome = (code: string): JsonObject =>
  output('outcome', { valueCodeableConcept: { coding: [{ system: codeSystem('referral-outcome'), code }] } })

export const activity = output('resulting-activity', { valueReference: { reference: 'Procedure/class' } })

/** One contact attempt. */
export const attempt = (valueDateTime: string, way?: string): JsonObject =>
  output('contact-attempt', {
    ...(way ? { extension: [{ url: profileUrl('ext-contact-way'), valueCode: way }] } : {}),
    valueDateTime,
  })

/** Contact attempts on the first working days of March, in turn by phone and by letter. */
export const attempts = (count: number): readonly JsonObject[] =>
  Array.from({ length: count }, (_, n) => attempt(`2019-03-0${n + 4}T10:00:00-06:00`, n % 2 === 0 ? 'phone' : 'letter'))

export const reason = (text: string, code?: string): JsonObject => ({
  ...(code ? { coding: [{ system: codeSystem('ineligible-reason'), code }] } : {}),
  text,
})

/** A referral from the employment service (`es`) to adult basic education (`abe`). */
export const task = (more: Partial<Resource> = {}): Resource => ({
  resourceType: 'Task',
  id: 't-abe',
  status: 'requested',
  intent: 'order',
  code: { coding: [{ system: 'http://hl7.org/fhir/CodeSystem/task-code', code: 'fulfill' }] },
  businessStatus: business('awaiting-contact'),
  focus: { reference: 'ServiceRequest/sr-abe' },
  for: { reference: 'Patient/elvis' },
  requester: { reference: 'Organization/es' },
  owner: { reference: 'Organization/abe' },
  authoredOn: '2019-03-01T09:12:00-06:00',
  lastModified: '2019-03-01T09:12:00-06:00',
  ...more,
})

export const codesIn = (issues: readonly Issue[]): readonly string[] => issues.map((issue) => issue.detail)

export const brief = (issues: readonly Issue[]): string[] =>
  issues.map((issue) => `${issue.detail} ${issue.expression ?? ''}`)
