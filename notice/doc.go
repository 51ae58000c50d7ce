// Package notice tells people what happened: in the console's inbox and by
// mail, as each of them prefers. A notice is written in the transaction that
// causes it; its mail is a job, in a lane per domain of the recipients.
//
//	notice  due ──▶ unread ──▶ read
//	mail    waiting ──▶ sent | failed (the server refused it, or all attempts were used)
//	        kept (no mail server is configured: the operator reads it in the outbox)
//
// Who a notice is for is decided when it is written. Mail goes only to
// addresses that were proven, except the letters of Mail, which prove them.
// Sending is at least once: the Message-ID is the same each time, so that mail
// programs can drop the second copy.
//
// Tables: notice_notice, notice_preference, notice_mail.
package notice
