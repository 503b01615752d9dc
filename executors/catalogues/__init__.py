"""What is known here of sources and events, from the shipped lists; shared by resolvers and analyses."""
