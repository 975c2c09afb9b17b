/** What the thread that writes does inside a transaction (writer.ts). Arguments and results are data, to be sent from thread to thread. */
import { apply } from './commit.ts'
import { claimJobs, renewJob, retryJob, settleJob } from './job-writes.ts'

export const WRITER_TASKS = { commit: apply, claimJobs, renewJob, settleJob, retryJob }

export type WriterTasks = typeof WRITER_TASKS
export type WriterTaskName = keyof WriterTasks
export type TaskArgument<Name extends WriterTaskName> = Parameters<WriterTasks[Name]>[0]
export type TaskResult<Name extends WriterTaskName> = ReturnType<WriterTasks[Name]>
