// Package broker sends messages to message brokers: Redis and Valkey streams,
// NATS JetStream, RabbitMQ, and whatever speaks Kafka's protocol. It knows
// nothing of endpoints and deliveries.
//
//	redis, rediss, valkey, valkeys   redis.go
//	nats, nats+tls                   nats.go
//	amqp, amqps                      rabbit.go
//	kafka, kafka+tls                 kafka.go
//
// A kind of broker is one file with a kind in the list of address.go. Every connection is made by
// kit/outbound, so a stranger's broker is judged as a stranger's web server is:
// private addresses are refused, and so is a connection without TLS, unless the
// operator opened the network.
//
// Connections are kept by line, at most linesMost at a time, and closed when
// they were not used for a while or their address or credentials changed.
package broker
