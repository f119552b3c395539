// Package questions asks file systems that processes serve how they do, from a process of
// its own. Once such a process has read a question, the kernel lets nothing end the thread
// that waits for the answer, and with it the process of that thread. So the process that
// asks is one that nobody needs to end. Linux only.
package questions
