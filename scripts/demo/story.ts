/**
 * The story of Elvis (WIOA hub nomination, 2019) as a test: the steps of each agency, their results, and the notifications
 * that each scene causes. He is out of work, has no diploma, drove trucks in the Army, and wants to be a diesel mechanic.
 *
 * To learn how to connect a system to the hub, read `samples/scenarios/elvis/*.http` instead: the same requests, one after
 * the other, as plain HTTP.
 */
import type { Agency, AgencyEvent } from './agency-processes.ts'
import type { Values } from './messages.ts'

/** Runs a step of an agency; resolves to its output. */
export type RunStep = (agency: Agency, step: string, input?: Values) => Promise<Values>
export type Expect = (name: string, held: boolean, seen?: string) => boolean

/** What a later scene needs from an earlier one: `Patient/<id>` of Elvis. */
export type Shared = { patient: string }

export type Scene = {
  readonly title: string
  readonly run: (step: RunStep, expect: Expect, shared: Shared) => Promise<void>
  /** How many notifications the scene causes, by agency and topic: all of them. */
  readonly notifications: Readonly<Partial<Record<AgencyEvent, number>>>
}

type Notifications = Scene['notifications']

/** The agencies that are notified of every change of his profile from the time that ABE serves him. */
const allFour = (topic: string, count = 1): Notifications =>
  Object.fromEntries((['ui', 'es', 'dhs', 'abe'] as const).map((agency) => [`${agency} ${topic}`, count]))

/** The two that subscribe to his services and plans. */
const esAndAbe = (topic: string, count = 1): Notifications => ({ [`es ${topic}`]: count, [`abe ${topic}`]: count })

export const STORY: readonly Scene[] = [
  {
    title: '1. Elvis walks in at unemployment insurance (UI)',
    async run(step, expect, shared) {
      await step('ui', 'hurry')
      const { patient = '' } = await step('ui', 'intake')
      shared.patient = patient
      const { location = '' } = await step('ui', 'again')
      expect('the refused duplicate points at the existing record', location.endsWith(`/${patient}`), location)
      await step('vr', 'peek', { patient })
    },
    notifications: { 'es service-enrolment': 2 },
  },
  {
    title: '2. UI refers him to employment services (ES), which is notified and fetches his record',
    async run(step) {
      await step('ui', 'refer')
    },
    notifications: { 'es referral-created': 1 },
  },
  {
    title: '3. At home he signs up in the self-service of ES: no second record, no second intake',
    async run(step) {
      await step('es', 'self-service')
    },
    notifications: { 'ui participant-updated': 1, 'es participant-updated': 1, 'ui referral-status-changed': 1 },
  },
  {
    title: '4. He answers six questions; the hub proposes; he unchecks one referral',
    async run(step, expect) {
      const { rules } = await step('es', 'answers')
      expect('no diploma, a child, hunger: ABE, SNAP and TANF are proposed', rules === 'abe snap tanf', rules)
      const { statuses } = await step('es', 'confirm')
      expect(
        'the unchecked one is recorded as cancelled, the two others are sent',
        statuses === 'cancelled requested requested',
        statuses,
      )
    },
    notifications: { 'dhs referral-created': 2 },
  },
  {
    title: '5. Human services (DHS): not eligible for TANF; for SNAP he never came',
    async run(step) {
      await step('dhs', 'screen')
      await step('dhs', 'call')
    },
    notifications: { 'es referral-status-changed': 3 },
  },
  {
    title: '6. His tentative plan; then staff ask: "What about driving trucks?"',
    async run(step, expect) {
      await step('es', 'tentative-plan')
      const { status } = await step('es', 'trucks')
      expect('the plan is active', status === 'active', status)
      await step('es', 'counsel')
    },
    notifications: { 'es plan-updated': 3, 'es service-enrolment': 1, 'ui referral-status-changed': 2 },
  },
  {
    title: '7. UI writes his new address on an old copy: refused, reconciled, written',
    async run(step, expect) {
      const { changes = '0' } = await step('ui', 'address')
      expect('$reconcile shows what changed in between', Number(changes) > 0, changes)
    },
    notifications: { 'ui participant-updated': 1, 'es participant-updated': 1, 'dhs participant-updated': 1 },
  },
  {
    title: '8. ES refers him to adult basic education (ABE), which fetches what it needs',
    async run(step) {
      await step('es', 'refer-to-abe')
    },
    notifications: { 'abe referral-created': 1 },
  },
  {
    title: '9. He walks in at ABE',
    async run(step, expect) {
      const { expected } = await step('abe', 'arrives', { name: 'Elvis Example' })
      expect('ABE is already expecting him', expected === 'yes', expected)
      await step('abe', 'enrol')
    },
    notifications: {
      ...allFour('participant-updated'),
      ...esAndAbe('service-enrolment'),
      ...esAndAbe('plan-updated'),
      'es referral-status-changed': 2,
    },
  },
  {
    title: '10. He passes; ABE sends him back to ES',
    async run(step, expect) {
      const { pathway } = await step('abe', 'results')
      expect('with the equivalency he is on the training pathway', pathway === 'training', pathway)
      await step('abe', 'refer-back')
    },
    notifications: {
      // The certificate moves his pathway, and ABE then updates his profile.
      ...allFour('participant-updated', 2),
      ...esAndAbe('service-enrolment'),
      ...esAndAbe('plan-updated'),
      'es credential-added': 1,
      'es referral-status-changed': 1,
      'es referral-created': 1,
    },
  },
  {
    title: '11. ES pays for the truck driving school (WIOA Adult), and he earns the licence',
    async run(step) {
      await step('es', 'enrol')
      await step('es', 'licence')
      await step('es', 'working')
    },
    notifications: {
      ...allFour('participant-updated'),
      ...esAndAbe('service-enrolment', 2),
      ...esAndAbe('plan-updated', 2),
      'es credential-added': 1,
      'abe referral-status-changed': 3,
    },
  },
  {
    title: '12. His wages come in at UI; ES may not know of them',
    async run(step, expect) {
      const { wages = '' } = await step('ui', 'wages')
      const { found } = await step('es', 'wages', { wages })
      expect('a search by ES finds no wages', found === '0', found)
    },
    notifications: {},
  },
  {
    title: '13. Two years later he is back: the college, and rehabilitation (VR), which he declines',
    async run(step) {
      await step('es', 'returns')
    },
    notifications: { 'college referral-created': 1, 'vr referral-created': 1 },
  },
  {
    title: '14. VR and the college take over',
    async run(step, _expect, shared) {
      await step('vr', 'offer', { patient: shared.patient })
      await step('college', 'enrol')
    },
    notifications: { ...esAndAbe('service-enrolment'), 'es referral-status-changed': 4 },
  },
  {
    title: '15. The college sends the diesel credential',
    async run(step) {
      await step('college', 'graduate')
    },
    notifications: { ...esAndAbe('service-enrolment'), 'es credential-added': 1, 'es referral-status-changed': 1 },
  },
  {
    title: '16. Three certificates, the plan completed',
    async run(step, expect) {
      const { pathway } = await step('es', 'achieved')
      expect('trained, he is on the workforce pathway', pathway === 'workforce', pathway)
      const { certificates } = await step('es', 'certificates')
      expect('ES sees three certificates, of three agencies', certificates === '3', certificates)
    },
    // With the plan completed his pathway moves once more.
    notifications: { ...esAndAbe('plan-updated'), ...allFour('participant-updated', 2), 'vr participant-updated': 2 },
  },
]
