// Package hook is what all have in common that send messages to other people's
// servers: signatures as Standard Webhooks writes them
// (https://www.standardwebhooks.com), and how long a receiver asks us to wait.
package hook
